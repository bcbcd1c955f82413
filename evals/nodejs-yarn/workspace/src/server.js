import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import ms from 'ms';

const began = Date.now();
const present = (name) => {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
};

const server = createServer((request, response) => {
  const uptime = ms(Date.now() - began);
  response.end(`uptime ${uptime}; development packages ${present('picocolors') ? 'installed' : 'absent'}\n`);
});

server.listen(Number(process.env.PORT ?? 3000), () => console.log('listening'));
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
