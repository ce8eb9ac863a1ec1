import { answersOk, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';
import { echoCheck, sessionCheck } from '../checks.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded' };

const guestbook = (...argv: readonly string[]) => ['perl', 'script/guestbook', ...argv];

export const functional = defineFullTest({
  name: 'mojolicious',
  ports: [3000],
  isReady: answersOk('/health'),
  checks: [
    httpCheck('renders a template with layout and form', '/entries', {
      match: /<title>Guest book<\/title>[\s\S]*<li>Zoë: &lt;b&gt;<\/li>[\s\S]*<input name="name"/,
    }),
    httpCheck('stores an entry in SQLite, which is loaded then', '/entries', {
      body: 'name=Ada',
      headers: form,
      status: 201,
      json: { id: 1 },
    }),
    httpCheck('refuses what is not valid', '/entries', {
      body: 'name=A&mail=x',
      headers: form,
      status: 422,
      json: { failed: ['mail', 'name'] },
    }),
    echoCheck('/echo', /^echo hello$/),
    sessionCheck('/tools/visits', /^2$/),
    httpCheck('reads a message file', '/tools/greet?language=de', { text: 'Guten Tag' }),
    httpCheck('reads another message file', '/tools/greet?language=fr', { text: 'Bonjour' }),
    httpCheck('reads its settings', '/tools/region', { text: 'south' }),
    httpCheck('encodes Shift_JIS', '/tools/encode?name=shiftjis', { text: '93fa967b' }),
    httpCheck('encodes EUC-KR', '/tools/encode?name=euc-kr', { text: 'eceddce2' }),
    httpCheck('encodes UTF-16', '/tools/encode?name=UTF-16LE', { text: 'e5652c67' }),
    httpCheck('encodes cp1251', '/tools/encode?name=cp1251', { text: '3f3f' }),
    httpCheck('digests', '/tools/digest', {
      json: { sha: '2d711642', md5: '9dd4e461', base64: 'eA==', clone: 2 },
    }),
    httpCheck('knows dates', '/tools/dates', { json: { day: '060', time: '1970', epoch: 946684800 } }),
    httpCheck('computes', '/tools/numbers', { json: { big: '1180591620717411303424', sum: 3, number: 1 } }),
    httpCheck('knows Unicode', '/tools/unicode', { match: /"name":"LATIN SMALL LETTER E WITH ACUTE"/ }),
    httpCheck('runs programs', '/tools/child', { text: 'b\na\nDONE' }),
    httpCheck('packs, finds files', '/tools/file', { json: { plain: 'packed', temp: 1, found: 5 } }),
    httpCheck('reads YAML and wraps text', '/tools/yaml', {
      match: /"dumped":"\[1\]".*"wrapped":3.*"yaml":"?2/,
    }),
    httpCheck('asks itself', '/tools/fetch', { match: /Ada: good day/ }),
    httpCheck('parses HTML', '/tools/markup', { text: 'a,b' }),
    httpCheck('looks up a host and a service', '/tools/host', { text: '80' }),
    httpCheck('serves a public file', '/book.css', { answerHeaders: { 'content-type': /text\/css/ } }),
    httpCheck('answers 404 with a page', '/none', { status: 404, match: /Nothing at \/none/ }),
    httpCheck('answers a failure with a page', '/tools/fail', {
      status: 500,
      match: /Sorry: broken on purpose/,
    }),
    execCheck('runs a command of its own', guestbook('sign', 'Ada'), { text: 'signed by Ada' }),
    execCheck('lists its routes', guestbook('routes'), { match: /\/entries\s+POST/ }),
    execCheck('tells its version', guestbook('version'), { match: /Mojolicious \(9\.31/ }),
    execCheck('makes a request to itself', guestbook('get', '/health'), { match: /"ok":true/ }),
    execCheck('evaluates', guestbook('eval', 'say app->config->{region}'), { text: 'south' }),
  ],
});
