import { answersOk, type Check, defineFullTest, execCheck, httpCheck } from '../full-test.ts';

function uploadBody(): FormData {
  const form = new FormData();
  form.set('file', new Blob(['pare']), 'pare.txt');
  return form;
}

const upload: Check = {
  title: 'takes a multipart upload and hashes it',
  async run(target) {
    const answer = await fetch(`${target.baseUrl}/upload`, { method: 'POST', body: uploadBody() });
    const body = await answer.text();
    if (!/"name":"pare.txt".*"size":4/.test(body)) throw new Error(`${answer.status} ${body}`);
  },
};

const shop = [
  httpCheck('renders the start page with its layout', '/', {
    match: /<title>Catalog<\/title>[\s\S]*<li>milk<\/li>/,
  }),
  httpCheck('renders a template with a macro and an extension', '/items/tea', {
    match: /<h1>tea<\/h1>.*<b>5\.00<\/b>/,
  }),
  httpCheck('renders the page of a missing address', '/nowhere', {
    status: 404,
    match: /Nothing at \/nowhere/,
  }),
  httpCheck('serves a static file', '/static/style.css', {
    match: /serif/,
    answerHeaders: { 'content-type': /text\/css/ },
  }),
  httpCheck('reads a compiled message file', '/greeting/de', { json: { one: 'guten Tag', many: '2 Äpfel' } }),
  httpCheck('falls back where there are no messages', '/greeting/fr', {
    json: { one: 'good day', many: '2 apples' },
  }),
  httpCheck('loads two extensions of jinja2', '/translated', { text: 'guten Tag 1' }),
  httpCheck('imports the csv exporter by its name', '/export/csv_table', { match: /^"bread","2"$/m }),
  httpCheck('imports the xml exporter by its name', '/export/xml_tree', {
    match: /<row name="milk">1<\/row>/,
  }),
  httpCheck('says that an exporter does not exist', '/export/none', { status: 404 }),
  httpCheck('knows the type of a file name', '/typed/a.webp', { json: { type: 'image/webp' } }),
  httpCheck('knows a type of the system list only', '/typed/a.odt', {
    json: { type: 'application/vnd.oasis.opendocument.text' },
  }),
  upload,
  httpCheck('echoes JSON', '/json', {
    body: '{"a":[1]}',
    headers: { 'content-type': 'application/json' },
    json: { a: [1] },
  }),
  httpCheck('refuses broken JSON', '/json', {
    body: '{"a":',
    headers: { 'content-type': 'application/json' },
    status: 400,
    match: /BadRequest/,
  }),
  httpCheck('sends a download', '/download', {
    match: /bread,3/,
    answerHeaders: { 'content-disposition': /list\.csv/ },
  }),
  httpCheck('answers an exception with JSON', '/fail', {
    status: 500,
    json: { error: 'ValueError', message: 'as asked' },
  }),
  httpCheck('signs and reads a token', '/session', { json: { user: 7 } }),
];

const data = [
  httpCheck('keeps rows in sqlite', '/data/sqlite', { json: ['BREAD', 2.5] }),
  httpCheck('computes with decimals and fractions', '/data/decimal', {
    json: { price: '8.02', share: '1/4', median: 2 },
  }),
  httpCheck('knows the time in New York', '/data/zone/America/New_York', { text: '2024-03-31 08:30 EDT' }),
  httpCheck('knows the time in Kathmandu', '/data/zone/Asia/Kathmandu', { text: '2024-03-31 18:15 +0545' }),
  ...['gzip', 'bz2', 'lzma', 'zlib'].map((kind) =>
    httpCheck(`compresses with ${kind}`, `/data/compress/${kind}`, { json: { packed: true, same: true } }),
  ),
  httpCheck('makes zip and tar archives', '/data/archive', { json: { zip: ['a.txt'], tar: ['data.py'] } }),
  httpCheck('writes and parses a mail', '/data/email', {
    json: { subject: 'Käse', parts: ['multipart/mixed', 'text/plain', 'application/octet-stream'] },
  }),
  httpCheck('reads ini, toml and plist', '/data/config', {
    json: { ini: 1, toml: { c: [1, 2] }, plist: { d: 3 } },
  }),
  httpCheck('shelves and pickles', '/data/pickle', { json: { shelf: [1, 2], pickle: { b: 1 } } }),
];

const text = [
  httpCheck('decodes GBK', '/text/decode/gbk', { text: '你好' }),
  httpCheck('decodes Shift_JIS', '/text/decode/shift_jis', { text: '日本' }),
  httpCheck('decodes Windows-1252', '/text/decode/cp1252', { text: '€' }),
  httpCheck('decodes KOI8-R', '/text/decode/koi8_r', { text: 'да' }),
  httpCheck('decodes UTF-7', '/text/decode/utf_7', { text: 'é' }),
  httpCheck('encodes IDNA and Punycode', '/text/idna', {
    match: /"idna":"xn--bcher-kva.example".*"punycode":"bcher-kva"/,
  }),
  httpCheck('knows Unicode names', '/text/unicode', {
    json: { name: 'LATIN SMALL LETTER E WITH ACUTE', close: ['bread'], wrapped: ['one two', 'three'] },
  }),
  httpCheck('speaks German', '/text/locale/de_DE.UTF-8', {
    json: { number: '1.234.567,50', day: 'Donnerstag' },
  }),
  httpCheck('speaks Japanese', '/text/locale/ja_JP.UTF-8', {
    json: { number: '1,234,567.50', day: '木曜日' },
  }),
  httpCheck('parses HTML and its entities', '/text/html', { json: { tags: ['p', 'b'], text: 'é♥' } }),
];

const network = [
  httpCheck('has the default certificate authorities', '/network/roots', {
    json: { authorities: true, version: 'OpenSSL 3' },
  }),
  httpCheck('asks itself with requests', '/network/requests', { json: { status: 'up', bundle: true } }),
  httpCheck('asks itself with urllib', '/network/urllib', { json: { status: 200 } }),
  httpCheck('fails to send mail with the right error', '/network/smtp', {
    json: { error: 'ConnectionRefusedError' },
  }),
  httpCheck('knows services, protocols and hosts', '/network/names', {
    json: { service: 443, protocol: 17, host: '127.0.0.1' },
  }),
  httpCheck('serves and asks with asyncio', '/network/asyncio', { json: { answer: 'PARE' } }),
];

const system = [
  httpCheck('computes in a pool of new processes', '/system/pool', { json: [1, 4, 9] }),
  httpCheck('computes in threads', '/system/threads', { json: [16, 25] }),
  httpCheck('runs a shell pipeline written in Python', '/system/shell', { text: 'PARE' }),
  httpCheck('knows its user and group', '/system/user', { json: { user: 'root', group: 'root' } }),
  httpCheck('finds entry points and versions', '/system/distributions', {
    json: { scripts: ['flask'], name: 'Jinja2', version: '2' },
  }),
  httpCheck('configures a rotating log', '/system/logging', { json: { bytes: true } }),
  httpCheck('calls the C library', '/system/ctypes', { json: { cos: 1 } }),
  httpCheck('makes identifiers and keys', '/system/identifiers', {
    match: /"scrypt":"[0-9a-f]{8}".*"token":8/,
  }),
  execCheck('runs python in the container', ['python3', '-c', 'import this'], {
    match: /Beautiful is better than ugly/,
  }),
];

export const fullTest = defineFullTest({
  name: 'python',
  ports: [5000],
  isReady: answersOk('/health'),
  checks: [...shop, ...data, ...text, ...network, ...system],
});
