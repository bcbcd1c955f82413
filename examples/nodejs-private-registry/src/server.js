import { createApp } from './app.js';

const port = Number(process.env.PORT ?? 3000);
const PATIENCE = 8_000; // milliseconds; an engine kills after ten seconds

const server = createApp().listen(port, () => console.log(`listening on port ${port}`));

// Process 1 has no default for signals: without a handler SIGTERM would do nothing.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    console.log(`${signal}: finishing what is begun`);
    server.close(() => process.exit(0));
    setTimeout(() => server.closeAllConnections(), PATIENCE).unref();
  });
}
