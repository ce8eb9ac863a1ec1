import { fileURLToPath } from 'node:url';
import fp from 'fastify-plugin';

export default fp(async (app) => {
  await app.register(import('@fastify/cookie'), { secret: 'secret' });
  await app.register(import('@fastify/jwt'), { secret: 'secret' });
  await app.register(import('@fastify/multipart'));
  await app.register(import('@fastify/websocket'));
  await app.register(import('@fastify/rate-limit'), { global: false });
  await app.register(import('@fastify/swagger'), { openapi: { info: { title: 'Parcels', version: '1' } } });
  await app.register(import('@fastify/static'), {
    root: fileURLToPath(new URL('../../static', import.meta.url)),
    prefix: '/static/',
  });
  const { default: handlebars } = await import('handlebars');
  await app.register(import('@fastify/view'), {
    engine: { handlebars },
    root: fileURLToPath(new URL('../../templates', import.meta.url)),
    layout: 'layout.hbs',
  });
});
