import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createApp } from '../src/app.ts';

const server = createApp().listen(0);
let base = '';

before(() => {
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

const post = (body: unknown) =>
  fetch(`${base}/notes`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

test('a note can be read where its answer says', async () => {
  const created = await post({ text: 'buy milk' });
  assert.equal(created.status, 201);
  const note = await fetch(`${base}${created.headers.get('location')}`);
  assert.equal((await note.json()).text, 'buy milk');
});

test('a note without a text is refused', async () => {
  for (const body of [{}, { text: ' ' }, { text: 1 }]) {
    assert.equal((await post(body)).status, 400);
  }
});

test('a note that nobody wrote is not found', async () => {
  assert.equal((await fetch(`${base}/notes/1`)).status, 404);
});

test('the health route counts the notes', async () => {
  const { status, notes } = await (await fetch(`${base}/health`)).json();
  assert.equal(status, 'healthy');
  assert.equal(notes, 1);
});
