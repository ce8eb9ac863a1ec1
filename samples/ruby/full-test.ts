import { answersOk, assertCommand, type Check, defineFullTest, execCheck, httpCheck } from '../full-test.ts';

const upload: Check = {
  title: 'takes a multipart upload and hashes it',
  async run(target) {
    const form = new FormData();
    form.set('file', new Blob(['pare']), 'pare.txt');
    const answer = await fetch(`${target.baseUrl}/upload`, { method: 'POST', body: form });
    const body = await answer.text();
    if (!/"name":"pare.txt","sha256":"[0-9a-f]{8}"/.test(body)) throw new Error(`${answer.status} ${body}`);
  },
};

const entrypoint: Check = {
  title: 'its entry point runs another command',
  async run(target) {
    assertCommand(await target.runOnce(['ruby', '-e', 'puts 6 * 7']), { text: '42' });
  },
};

const pages = [
  httpCheck('renders an erb template in its layout', '/', {
    match: /<title>Board<\/title>.*<li>milk<\/li>/s,
  }),
  httpCheck('renders a haml template', '/notice/tea', {
    match: /<h1>tea<\/h1>[\s\S]*<li class='entry'>1<\/li>/,
  }),
  httpCheck('renders the page of a missing address', '/nowhere', {
    status: 404,
    match: /Nothing at \/nowhere/,
  }),
  httpCheck('serves a static file', '/robots.txt', { match: /User-agent/ }),
  httpCheck('redirects', '/redirect', { status: 303, answerHeaders: { location: /\/health$/ } }),
  httpCheck('requires the csv format by its name', '/format/csv', { match: /^item,price\nbread,3/ }),
  httpCheck('requires the yaml format by its name', '/format/yaml', { match: /- item: bread\n {2}price: 3/ }),
  httpCheck('requires the xml format by its name', '/format/xml', { match: /<row [^>]*item='bread'/ }),
  httpCheck('says that a format does not exist', '/format/none', { status: 404, text: 'no such format' }),
  httpCheck('streams with an extension of sinatra-contrib', '/streamed', { text: '0\n1\n2' }),
  httpCheck('echoes JSON', '/echo', { body: '{"a":[1]}', json: { a: [1] } }),
  httpCheck('refuses broken JSON', '/echo', {
    body: '{"a":',
    status: 400,
    json: { error: 'JSON::ParserError' },
  }),
  httpCheck('answers an exception with JSON', '/texts/decode?charset=none', {
    status: 500,
    match: /KeyError/,
  }),
  upload,
];

const texts = [
  ...(
    [
      ['GBK', '你好'],
      ['Shift_JIS', '日本'],
      ['EUC-JP', '日本'],
      ['Windows-1252', '€'],
      ['ISO-2022-JP', '日'],
    ] as const
  ).map(([charset, text]) =>
    httpCheck(`decodes ${charset}`, `/texts/decode?charset=${charset}`, { json: { text } }),
  ),
  httpCheck('reads German messages', '/texts/message?locale=de', {
    json: { text: 'Guten Tag, Ada', date: 'Sonntag 31 März' },
  }),
  httpCheck('reads French messages', '/texts/message?locale=fr', {
    json: { text: 'Bonjour Ada', date: 'dimanche 31 mars' },
  }),
  httpCheck('knows the time in Tokyo', '/texts/zone?name=Asia/Tokyo', { json: { text: '21:30 JST' } }),
  httpCheck('knows the time in Lord Howe', '/texts/zone?name=Australia/Lord_Howe', {
    json: { text: '23:30 +11' },
  }),
  httpCheck('parses times', '/texts/times', { json: { iso: '1970-01-01T00:00:00Z', parsed: 60, week: 1 } }),
  httpCheck('normalises and escapes text', '/texts/normal', {
    json: { nfc: 1, escaped: '&lt;a&gt;', template: '42' },
  }),
  httpCheck('computes with bundled gems', '/texts/decimals', {
    json: { decimal: '0.3', primes: [2, 3, 5, 7], determinant: -2 },
  }),
  httpCheck('starts a program under another locale', '/texts/locale_of_system', {
    json: { date: 'Donnerstag' },
  }),
];

const secrets = [
  ...['md5', 'sha1', 'sha512', 'rmd160'].map((name) =>
    httpCheck(`computes ${name}`, `/secrets/digest?name=${name}`, { match: /"value":"[0-9a-f]{16}"/ }),
  ),
  httpCheck('computes with openssl', '/secrets/openssl', { match: /"pbkdf":"[0-9a-f]{16}"/ }),
  httpCheck('trusts the authorities of the system', '/secrets/authorities', { json: { trusted: true } }),
  httpCheck('talks TLS to itself', '/secrets/tls', { json: { body: 'sealed' } }),
  httpCheck('makes random identifiers', '/secrets/random', { json: { uuid: 36, hex: 8 } }),
];

const machine = [
  httpCheck('compresses and expands', '/machine/compressed', { json: { smaller: true, same: true } }),
  httpCheck('finds its gem specifications', '/machine/gems', {
    json: { name: 'sinatra', major: 3, rack: true },
  }),
  httpCheck('runs a shell pipeline written in Ruby', '/machine/shell', { json: { text: 'PARE' } }),
  httpCheck('runs its shell script', '/machine/script', { json: { text: 'abc', status: 0 } }),
  httpCheck('starts a ruby child', '/machine/child', { json: { text: '["ruby"]' } }),
  httpCheck('asks itself with net/http', '/machine/itself', { json: { body: 'up' } }),
  httpCheck('knows users, services and hosts', '/machine/names', {
    json: { user: 'root', service: 443, host: true },
  }),
  httpCheck('works with temporary files', '/machine/files', { json: { found: ['a', 'b'] } }),
  httpCheck('writes a log line', '/machine/log', { json: { line: true } }),
  httpCheck('keeps values in a store', '/machine/store', { json: { kept: [1, 2], struct: 1, set: 1 } }),
  httpCheck('parses options', '/machine/templates', { json: { n: 7 } }),
  entrypoint,
  execCheck('runs ruby in the container', ['ruby', '-e', 'puts RUBY_ENGINE'], { text: 'ruby' }),
];

export const fullTest = defineFullTest({
  name: 'ruby',
  ports: [9000],
  isReady: answersOk('/health'),
  checks: [...pages, ...texts, ...secrets, ...machine],
});
