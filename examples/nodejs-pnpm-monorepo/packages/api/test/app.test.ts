import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp } from '../src/app.ts';

const app = createApp();
const get = (url: string) => app.inject({ method: 'GET', url });

test('the library converts what the query names', async () => {
  const response = await get('/convert?amount=2&from=EUR&to=EUR');
  assert.deepEqual(response.json(), { amount: '2.00', currency: 'EUR' });
});

test('a query that cannot be answered is refused', async () => {
  assert.equal((await get('/convert?amount=2&from=EUR')).statusCode, 400);
  assert.equal((await get('/convert?amount=2&from=EUR&to=XYZ')).statusCode, 400);
});

test('the health route answers', async () => {
  assert.equal((await get('/health')).json().status, 'healthy');
});
