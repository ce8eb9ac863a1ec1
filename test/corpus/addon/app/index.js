'use strict';
const Koa = require('koa');
const Router = require('@koa/router');

const app = new Koa();
const router = new Router();
router.get('/health', (context) => {
  context.body = { ok: true };
});
router.get('/picture/:format', async (context) => {
  const picture = require('./pictures');
  context.type = context.params.format;
  context.body = await picture.draw(context.params.format);
});
router.get('/thumbnail/:format', async (context) => {
  context.body = await require('./pictures').thumbnail(context.params.format);
});
router.get('/labelled', async (context) => {
  context.body = await require('./pictures').labelled();
});
router.get('/password', async (context) => {
  const bcrypt = require('bcrypt');
  const hash = await bcrypt.hash('secret', 4);
  context.body = { right: await bcrypt.compare('secret', hash), wrong: await bcrypt.compare('other', hash) };
});
router.get('/store', async (context) => {
  const { ClassicLevel } = require('classic-level');
  const level = new ClassicLevel(require('node:path').join(require('node:os').tmpdir(), 'store'), { valueEncoding: 'json' });
  await level.batch([1, 2, 3].map((key) => ({ type: 'put', key: `k${key}`, value: { key } })));
  context.body = { keys: await level.keys({ gt: 'k1' }).all(), last: await level.get('k3') };
  await level.close();
});
app.use(router.routes()).use(router.allowedMethods());
app.listen(8000);
