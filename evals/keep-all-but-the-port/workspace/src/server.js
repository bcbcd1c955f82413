import { createServer } from 'node:http';

const port = Number(process.env.PORT ?? 3000);
const server = createServer((request, response) => response.end('healthy\n'));
server.listen(port, () => console.log(`listening on port ${port}`));
process.once('SIGINT', () => server.close(() => process.exit(0)));
