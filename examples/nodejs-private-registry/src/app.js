import { createServer } from 'node:http';
import { greeting, languages } from '@acme/phrases';
import Negotiator from 'negotiator';

const ROUTES = {
  '/health': () => ({ status: 'healthy', languages }),
  '/greeting': (request) => {
    const language = new Negotiator(request).language(languages) ?? languages[0];
    return { language, greeting: greeting(language) };
  },
};

export function createApp() {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const route = Object.hasOwn(ROUTES, pathname) ? ROUTES[pathname] : undefined;
    const status = !route ? 404 : request.method !== 'GET' ? 405 : 200;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(status === 200 ? route(request) : { error: status === 404 ? 'there is no such path' : 'only GET' }));
  });
}
