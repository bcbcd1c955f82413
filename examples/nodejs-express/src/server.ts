import { createApp } from './app.ts';

const port = Number(process.env.PORT ?? 3000);
const PATIENCE = 8_000; // milliseconds; an engine kills after ten seconds

const server = createApp().listen(port, (error) => {
  if (error) throw error;
  console.log(`listening on port ${port}`);
});

// Process 1 has no default for signals: without a handler SIGTERM would do nothing.
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    console.log(`${signal}: finishing what is begun`);
    server.close(() => process.exit(0));
    setTimeout(() => server.closeAllConnections(), PATIENCE).unref();
  });
}
