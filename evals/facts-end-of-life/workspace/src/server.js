import { createServer } from 'node:http';

const port = Number(process.env.PORT ?? 8080);
const server = createServer((request, response) => {
  if (request.url === '/healthz') {
    response.end('healthy\n');
  } else if (request.url === '/') {
    response.end('the shop is open\n');
  } else {
    response.writeHead(404).end();
  }
});

server.listen(port, '0.0.0.0', () => console.log(`listening on ${port}`));
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
