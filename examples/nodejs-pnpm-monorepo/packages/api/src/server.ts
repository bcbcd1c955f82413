import { createApp } from './app.ts';

const app = createApp({ logger: true, forceCloseConnections: 'idle' });

// Process 1 has no default for signals: without a handler SIGTERM would do nothing.
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    app.log.info(`${signal}: finishing what is begun`);
    void app.close().then(() => process.exit(0));
  });
}

await app.listen({ host: '0.0.0.0', port: Number(process.env.PORT ?? 3000) });
