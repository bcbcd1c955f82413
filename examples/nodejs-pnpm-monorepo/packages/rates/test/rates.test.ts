import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convert } from '../src/index.ts';

test('an amount keeps its value', () => {
  assert.equal(convert('10', 'EUR', 'EUR'), '10.00');
  assert.equal(convert('100.10', 'USD', 'CHF'), '80.95');
});

test('no cent of a large amount is lost', () => {
  assert.equal(convert('999999999999999.99', 'GBP', 'GBP'), '999999999999999.99');
});

test('what is no currency and no amount is refused', () => {
  for (const [amount, currency] of [['1', 'XYZ'], ['1', 'toString'], ['-1', 'EUR'], ['1.001', 'EUR'], ['', 'EUR']] as const) {
    assert.throws(() => convert(amount, currency, 'EUR'), RangeError);
  }
});
