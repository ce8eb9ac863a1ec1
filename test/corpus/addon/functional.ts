import { answersOk, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';

const formats = ['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'];

export const functional = defineFullTest({
  name: 'addon',
  ports: [8000],
  isReady: answersOk('/health'),
  checks: [
    ...formats.map((format) =>
      httpCheck(`draws a picture as ${format}`, `/picture/${format}`, {
        answerHeaders: { 'content-length': /^\d{2,}$/ },
      }),
    ),
    ...formats.map((format) =>
      httpCheck(`reads ${format}, turns and shrinks it`, `/thumbnail/${format}`, {
        match: /"from":"\w+","width":12,"height":16,"bytes":true/,
      }),
    ),
    httpCheck('draws SVG over a picture and adds a colour profile', '/labelled', {
      json: { different: true, profile: true },
    }),
    httpCheck('hashes with bcrypt', '/password', { json: { right: true, wrong: false } }),
    httpCheck('stores in LevelDB', '/store', { json: { keys: ['k2', 'k3'], last: { key: 3 } } }),
    httpCheck('refuses a format that is none', '/picture/none', { status: 500 }),
    httpCheck('answers 405 to a wrong method', '/health', { method: 'DELETE', status: 405 }),
    execCheck(
      'has the addons outside of the server too',
      ['node', '-p', "require('sharp').versions.vips.split('.').length"],
      { text: '3' },
    ),
  ],
});
