import { createServer } from 'node:http';
import ms from 'ms';

const end = Date.now() + ms('90d');
const server = createServer((request, response) => response.end(`countdown: ${ms(end - Date.now(), { long: true })}\n`));
server.listen(3000, () => console.log('listening'));
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
