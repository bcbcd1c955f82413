import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createApp } from '../src/app.js';

const server = createApp().listen(0);
after(() => server.close());

const get = (path, headers = {}) => fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers });

test('the language of the request is spoken', async () => {
  const spoken = await get('/greeting', { 'accept-language': 'de-CH, de;q=0.8, en;q=0.5' });
  assert.deepEqual(await spoken.json(), { language: 'de', greeting: 'Guten Tag' });
});

test('who asks for an unknown language is greeted in the first', async () => {
  const spoken = await get('/greeting', { 'accept-language': 'tlh' });
  assert.equal((await spoken.json()).language, 'en');
});

test('the health route answers', async () => {
  assert.equal((await (await get('/health')).json()).status, 'healthy');
});

test('other paths and methods are refused', async () => {
  assert.equal((await get('/')).status, 404);
  assert.equal((await fetch(`http://127.0.0.1:${server.address().port}/health`, { method: 'POST' })).status, 405);
});
