import { answersOk, type Check, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';

const reload: Check = {
  title: 'starts new workers on a hang-up',
  async run(target) {
    await target.exec(['python3', '-c', 'import os, signal; os.kill(1, signal.SIGHUP)']);
    for (let i = 0; i < 100; i++) {
      const answer = await fetch(`${target.baseUrl}/health`).catch(() => undefined);
      if (answer?.status === 200 && i > 10) return;
    }
    throw new Error('no worker answers');
  },
};

export const functional = defineFullTest({
  name: 'gunicorn',
  ports: [8000],
  isReady: answersOk('/health'),
  checks: [
    httpCheck('renders a template that includes another', '/page/ada', { match: /<p>Ada<\/p>/ }),
    httpCheck('serves a file', '/files/mark.svg', { answerHeaders: { 'content-type': /svg/ } }),
    httpCheck('answers 404', '/files/none', { status: 404, match: /does not exist/ }),
    httpCheck('reads YAML', '/settings', {
      json: { currency: 'EUR', rates: [1, 2.5], nested: { a: 1, b: 1 } },
    }),
    httpCheck('writes YAML', '/yaml', {
      body: '{"a":["ö"]}',
      headers: { 'content-type': 'application/json' },
      match: /- ö/,
    }),
    httpCheck('knows its processes', '/process', { match: /"name": "gunicorn|"name": ".*ledger/ }),
    httpCheck('runs greenlets', '/greenlets', { json: { values: [0, 2, 4], patched: true } }),
    httpCheck('resolves names', '/resolve', { json: { address: '127.0.0.1', service: 80 } }),
    httpCheck('asks itself', '/self', { json: { ok: true } }),
    httpCheck('runs python', '/subprocess', { text: 'CPython' }),
    httpCheck('runs a bash script of its own', '/script', { text: 'c' }),
    httpCheck('packs and unpacks archives', '/zipped', { json: { zip: 'text', tar: ['settings.yaml'] } }),
    httpCheck('knows its encoding', '/locale', { json: { encoding: 'UTF-8', day: 'Monday' } }),
    httpCheck('hashes passwords', '/secret', { match: /"crypt": true/ }),
    httpCheck('sets up logging by class names', '/logging', { match: /MemoryHandler/ }),
    httpCheck('profiles', '/profile', { json: { calls: true } }),
    httpCheck('answers a failure in its own words', '/fail', {
      status: 500,
      text: 'sorry: broken on purpose',
    }),
    httpCheck('aborts', '/gone', { status: 410 }),
    reload,
    execCheck('checks its configuration', ['gunicorn', '--check-config', 'web:application']),
    execCheck('prints its configuration', ['gunicorn', '--print-config', 'web:application'], {
      match: /proc_name\s+= ledger/,
    }),
    execCheck(
      'loads its other workers',
      [
        'python3',
        '-c',
        'import gunicorn.workers.gthread, gunicorn.workers.sync, gunicorn.instrument.statsd, gunicorn.app.wsgiapp; print("all")',
      ],
      { text: 'all' },
    ),
  ],
});
