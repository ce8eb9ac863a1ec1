import { readdir } from 'node:fs/promises';
import Fastify from 'fastify';

const app = Fastify({
  logger: process.env.PRETTY === '1' ? { transport: { target: 'pino-pretty' } } : true,
  ajv: { customOptions: { allErrors: true, formats: {} }, plugins: [(await import('ajv-formats')).default] },
});
// Every file of the two folders is a plugin, as with an auto-loader.
for (const folder of ['plugins', 'routes']) {
  for (const file of (await readdir(new URL(`${folder}/`, import.meta.url))).sort()) {
    app.register(import(`./${folder}/${file}`));
  }
}
app.get('/health', async () => ({ ok: true }));
await app.listen({ host: '0.0.0.0', port: 8080 });
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => app.close().then(() => process.exit(0)));
