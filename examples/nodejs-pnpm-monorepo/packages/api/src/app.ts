import { CURRENCIES, convert } from '@example/rates';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';

interface Conversion {
  amount: string;
  from: string;
  to: string;
}

export function createApp(options: FastifyServerOptions = {}): FastifyInstance {
  const app = Fastify(options);

  app.get('/health', () => ({ status: 'healthy', currencies: CURRENCIES }));

  app.get<{ Querystring: Conversion }>(
    '/convert',
    { schema: { querystring: { type: 'object', required: ['amount', 'from', 'to'] } } },
    (request, reply) => {
      const { amount, from, to } = request.query;
      try {
        return { amount: convert(amount, from, to), currency: to };
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return reply.code(400).send({ error: error.message });
      }
    },
  );

  return app;
}
