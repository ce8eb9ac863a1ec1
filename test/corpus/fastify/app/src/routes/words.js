import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';

export default async function words(app) {
  app.get('/hello/:language', async (request) => {
    const { default: i18next } = await import('i18next');
    const { language } = request.params;
    const { default: messages } = await import(`../../messages/${language}.js`);
    const translator = i18next.createInstance();
    await translator.init({ lng: language, resources: { [language]: { translation: messages } } });
    return { text: translator.t('parcels', { count: 2 }) };
  });
  app.get('/packed', async (_request, reply) => reply.type('text/plain').send(Readable.from(['again']).pipe(createGzip()).pipe(createGunzip())));
  app.get('/stream', async (_request, reply) => reply.type('text/html').send(createReadStream(new URL('../../templates/layout.hbs', import.meta.url))));
  app.get('/sorted', async () => ['ö', 'z', 'a', 'ä'].sort(new Intl.Collator('sv').compare));
  app.get('/segments', async () => [...new Intl.Segmenter('ja', { granularity: 'word' }).segment('日本語です')].length);
  app.get('/decoded', async () => new TextDecoder('windows-1251').decode(new Uint8Array([0xcf, 0xf0])));
  app.get('/zone', async () => new Date(0).toLocaleString('en-GB', { timeZone: 'Asia/Kolkata' }));
}
