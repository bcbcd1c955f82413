import { randomUUID } from 'node:crypto';
import express, { type Express } from 'express';

const MOST_NOTES = 1_000;

export function createApp(): Express {
  const notes = new Map<string, string>();
  const app = express();
  app.disable('x-powered-by');
  app.use(express.json({ limit: '16kb' }));

  app.get('/health', (_request, response) => {
    response.json({ status: 'healthy', notes: notes.size });
  });

  app.post('/notes', (request, response) => {
    const text: unknown = request.body?.text;
    if (typeof text !== 'string' || text.trim() === '') {
      response.status(400).json({ error: 'text must be a string that says something' });
      return;
    }
    if (notes.size >= MOST_NOTES) {
      response.status(507).json({ error: `no more than ${MOST_NOTES} notes are kept` });
      return;
    }
    const id = randomUUID();
    notes.set(id, text);
    response.status(201).location(`/notes/${id}`).json({ id, text });
  });

  app.get('/notes/:id', (request, response) => {
    const { id } = request.params;
    const text = notes.get(id);
    if (text === undefined) {
      response.status(404).json({ error: 'there is no such note' });
      return;
    }
    response.json({ id, text });
  });

  return app;
}
