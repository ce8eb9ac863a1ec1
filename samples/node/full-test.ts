import { answersOk, defineFullTest, execCheck, httpCheck } from '../full-test.ts';

const json = { 'content-type': 'application/json' };
const text = { 'content-type': 'text/plain' };

const catalog = [
  httpCheck('renders the start page with its partial', '/', {
    match: /<title>Shop<\/title>[\s\S]*<li>milk<\/li>/,
  }),
  httpCheck('serves a static style sheet', '/style.css', {
    match: /sans-serif/,
    answerHeaders: { 'content-type': /text\/css/ },
  }),
  httpCheck('serves a static picture with its type', '/logo.svg', {
    match: /<circle/,
    answerHeaders: { 'content-type': /image\/svg\+xml/ },
  }),
  httpCheck('renders a template that no probe asked for', '/catalog/items/tea', {
    match: /class="gross">11\.90</,
  }),
  httpCheck('renders the page of a missing address', '/nowhere', {
    status: 404,
    match: /Nothing at \/nowhere/,
  }),
  httpCheck('stores an order in its data directory', '/catalog/orders', {
    body: '{"item":"tea"}',
    headers: json,
    status: 201,
    json: { stored: { item: 'tea' } },
  }),
  httpCheck('refuses an order without an item', '/catalog/orders', {
    body: '{}',
    headers: json,
    status: 422,
    match: /item is missing/,
  }),
  httpCheck('answers broken JSON with a JSON error', '/catalog/orders', {
    body: '{"item":',
    headers: json,
    status: 400,
    match: /entity\.parse\.failed/,
  }),
  httpCheck('answers a body that is too large with 413', '/catalog/orders', {
    body: JSON.stringify({ item: 'x'.repeat(300_000) }),
    headers: json,
    status: 413,
    match: /entity\.too\.large/,
  }),
  httpCheck('parses a nested form', '/catalog/form', {
    body: 'a[b]=1&c=2',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    json: { a: { b: '1' }, c: '2' },
  }),
  httpCheck('decodes a body in another charset', '/catalog/orders', {
    body: Buffer.from('{"item":"käse"}', 'utf16le'),
    headers: { 'content-type': 'application/json; charset=utf-16le' },
    status: 201,
    json: { stored: { item: 'käse' } },
  }),
  httpCheck('imports the table report by its name', '/catalog/reports/table', { match: /^bread {3}2$/m }),
  httpCheck('imports the csv report by its name', '/catalog/reports/csv', {
    match: /^milk,1$/m,
    answerHeaders: { 'content-type': /text\/csv/ },
  }),
  httpCheck('says that a report does not exist', '/catalog/reports/none', {
    status: 404,
    match: /no such report/,
  }),
  httpCheck('sends a file as a download', '/catalog/download', {
    match: /cheese,7/,
    answerHeaders: { 'content-disposition': /price-list\.csv/ },
  }),
];

const intl = [
  httpCheck('formats a date in German in Tokyo', '/intl/date?locale=de-DE&zone=Asia/Tokyo', {
    match: /Sonntag, 31\. März 2024 um 21:30/,
  }),
  httpCheck('formats a date in Japanese', '/intl/date?locale=ja-JP&zone=Europe/Berlin', {
    match: /2024年3月31日日曜日 14:30/,
  }),
  httpCheck('formats an amount of Indian rupees', '/intl/number?locale=hi-IN&currency=INR', {
    match: /12,34,567\.89/,
  }),
  httpCheck('knows names, plurals, lists and orders of other languages', '/intl/names', {
    json: { region: 'Allemagne', plural: 'few', list: 'a、b、c', sorted: ['a', 'z', 'ä'] },
  }),
  httpCheck('requires a dayjs locale by name and knows a time zone', '/intl/dayjs?locale=fr', {
    match: /dimanche 31 mars 2024 08:30/,
  }),
  httpCheck('requires another dayjs locale by name', '/intl/dayjs?locale=pl', {
    match: /niedziela, 31 marca 2024/,
  }),
  httpCheck('reads its message file', '/intl/messages/de', { json: { greeting: 'Guten Tag' } }),
  httpCheck('reads another message file', '/intl/messages/ja', { json: { greeting: 'こんにちは' } }),
];

const secure = [
  httpCheck('talks TLS to a server of its own', '/secure/tls', {
    json: { body: 'sealed', protocol: 'TLSv1.3', authorized: true },
  }),
  httpCheck('has the certificate authorities of the system', '/secure/roots', {
    match: /"builtIn":1\d\d,"system":1\d\d,"selfSigned":true/,
  }),
  httpCheck('computes sha3', '/secure/digest/sha3-256', { match: /^[0-9a-f]{64}$/ }),
  httpCheck('computes blake2', '/secure/digest/blake2b512', { match: /^[0-9a-f]{128}$/ }),
  httpCheck('answers an unknown digest with an error', '/secure/digest/nothing', {
    status: 500,
    match: /Digest method not supported/,
  }),
  httpCheck('derives a key with scrypt', '/secure/scrypt', { match: /^[0-9a-f]{32}$/ }),
  httpCheck('seals and opens with AES-GCM', '/secure/cipher', { match: /"opened":"plain"/ }),
  httpCheck('signs with ed25519 and hashes with WebCrypto', '/secure/sign', {
    json: { verified: true, bytes: 32 },
  }),
];

const system = [
  httpCheck('starts a worker thread', '/system/worker', { json: { count: 25 } }),
  httpCheck('starts a node child', '/system/node-child', { text: 'product 42' }),
  httpCheck('runs a shell pipeline written in JavaScript', '/system/shell', { text: 'LINUX' }),
  httpCheck('runs its shell script', '/system/script', { text: 'cheese\n3' }),
  httpCheck('compresses with gzip', '/system/compressed/gzip', { match: /^(pare ){200}$/ }),
  httpCheck('compresses with brotli', '/system/compressed/br', { match: /^(pare ){200}$/ }),
  httpCheck('compresses with deflate', '/system/compressed/deflate', { match: /^(pare ){200}$/ }),
  httpCheck('knows the user that it runs as', '/system/who', {
    json: { username: 'node', uid: 1000, homedir: '/home/node' },
  }),
  httpCheck('resolves localhost and the name of port 80', '/system/lookup', {
    json: { address: '127.0.0.1', service: 'http' },
  }),
  httpCheck('fetches from itself', '/system/fetch', { json: { status: 'up' } }),
  httpCheck('makes and removes a temporary directory', '/system/temporary', { json: ['file'] }),
  execCheck('runs its health check', ['node', '/app/healthcheck.js']),
];

const texts = [
  httpCheck('requires marked on the first POST', '/text/markdown', {
    body: '# Title\n\n* one',
    headers: text,
    match: /<h1>Title<\/h1>[\s\S]*<li>one<\/li>/,
  }),
  httpCheck('requires its optional dependency', '/text/yaml', {
    body: 'a:\n  - 1\n  - two\n',
    headers: text,
    json: { a: [1, 'two'] },
  }),
  httpCheck('decodes GBK', '/text/decode/gbk', { text: '你好' }),
  httpCheck('decodes Shift_JIS', '/text/decode/shift_jis', { text: '日本' }),
  httpCheck('decodes ISO-8859-15', '/text/decode/iso-8859-15', { text: '€' }),
  httpCheck('encodes a host name and normalises text', '/text/punycode', {
    json: { host: 'xn--bcher-kva.example', normal: 1 },
  }),
];

export const fullTest = defineFullTest({
  name: 'node',
  ports: [8000],
  isReady: answersOk('/health'),
  checks: [...catalog, ...intl, ...secure, ...system, ...texts],
});
