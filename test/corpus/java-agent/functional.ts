import { request } from 'node:https';
import { answersOk, type Check, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';

const secure: Check = {
  title: 'answers over TLS from outside',
  run: ({ hostPort }) =>
    new Promise((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port: hostPort(8443), path: '/health', rejectUnauthorized: false },
        (answer) => {
          answer.resume();
          if (answer.statusCode === 200) resolve();
          else reject(new Error(String(answer.statusCode)));
        },
      );
      asked.once('error', reject).end();
    }),
};

const page = (title: string, path: string, text: string | RegExp): Check =>
  httpCheck(title, `/${path}`, typeof text === 'string' ? { text } : { match: text });

export const functional = defineFullTest({
  name: 'java-agent',
  ports: [8080, 8443],
  isReady: answersOk('/health'),
  checks: [
    secure,
    page('its agent sees classes', 'metrics', 'metrics on true'),
    page('is a TLS client that trusts its own key', 'secure', 'fine TLSv1.3'),
    page('is a TLS client that distrusts others', 'distrust', 'refused'),
    page('has the certificate authorities', 'authorities', 'many'),
    page('encrypts, signs, derives', 'ciphers', '19 64 16'),
    page('finds its services', 'plugins', 'down,up'),
    page('greets in German', 'greeting?de', 'Hallo 1.234,5 Montag'),
    page('greets in Japanese', 'greeting?ja', 'こんにちは 1,234.5 月曜日'),
    page('greets in Arabic', 'greeting?ar-EG', /^Hello .*الاثنين$/),
    page('tells the time in Kathmandu', 'zone?Asia/Kathmandu', '2024-07-01T17:45+05:45'),
    page('encodes Shift_JIS', 'charset?Shift_JIS', '93fa967b'),
    page('encodes Big5', 'charset?Big5', 'a4e9a5bb'),
    page('encodes IBM1047', 'charset?IBM1047', '3f3f'),
    page('starts another java', 'script', 'java 17'),
    page('logs as XML', 'log', 'logged'),
    page('manages itself', 'beans', '17 true'),
    page('keeps preferences', 'preferences', 'b'),
    page('compiles', 'compiler', 'there'),
    page('has databases', 'database', '0 1'),
    page('has a naming service', 'names', 'other'),
    page('opens a zip as a file system and watches', 'files', 'image/png root'),
    page('works in parallel', 'async', '499500'),
    page('records flights', 'flight', 'RUNNING'),
    page('serialises', 'serial', '[1, 2]'),
    httpCheck('answers 404', '/none', { status: 404, match: /nothing at \/none/ }),
    httpCheck('answers a failure', '/fail', { status: 500, match: /broken on purpose/ }),
    execCheck('tells its version', ['java', '-version'], { stderr: /17\./ }),
    execCheck('lists its keys', ['keytool', '-list', '-keystore', 'ledger.p12', '-storepass', 'changeit'], {
      match: /PrivateKeyEntry/,
    }),
    execCheck('lists the modules of its archive', ['java', '--list-modules'], { match: /java\.sql/ }),
  ],
});
