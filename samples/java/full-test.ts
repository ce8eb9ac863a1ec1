import { answersOk, assertCommand, type Check, defineFullTest, execCheck, httpCheck } from '../full-test.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);
const items = '<list><item name="bread"/><item name="milk"/></list>';

const secondProgram: Check = {
  title: 'runs another main program of the runtime',
  async run(target) {
    assertCommand(await target.runOnce(['java', '-version']), { stderr: /OpenJDK Runtime Environment/ });
  },
};

const text = [
  httpCheck('serves a page from its resources', '/', { match: /<title>Depot<\/title>/ }),
  httpCheck('answers a missing address', '/nowhere', { status: 404, text: 'nothing at /nowhere' }),
  httpCheck('decodes GBK', '/text/decode?charset=GBK', { body: bytes(0xc4, 0xe3, 0xba, 0xc3), text: '你好' }),
  httpCheck('decodes EUC-JP', '/text/decode?charset=EUC-JP', {
    body: bytes(0xc6, 0xfc, 0xcb, 0xdc),
    text: '日本',
  }),
  httpCheck('decodes IBM037', '/text/decode?charset=IBM037', { body: bytes(0x81, 0x82), text: 'ab' }),
  httpCheck('answers an unknown charset with its exception', '/text/decode?charset=none-such', {
    body: bytes(1),
    status: 500,
    match: /UnsupportedCharsetException/,
  }),
  httpCheck('reads a German resource bundle', '/text/message?locale=de-AT', { text: 'guten Tag, 7' }),
  httpCheck('reads a Japanese resource bundle', '/text/message?locale=ja', { text: 'こんにちは, 7' }),
  httpCheck('formats a German date', '/text/date?locale=de&zone=Europe/Berlin', {
    text: 'Sonntag, 31. März 2024',
  }),
  httpCheck('formats a Thai date', '/text/date?locale=th&zone=Asia/Bangkok', { match: /มีนาคม/ }),
  httpCheck('knows the time in Kathmandu', '/text/zone?zone=Asia/Kathmandu', {
    text: '2024-03-31T18:15+05:45',
  }),
  httpCheck('knows the time in New York', '/text/zone?zone=America/New_York', {
    text: '2024-03-31T08:30-04:00',
  }),
  httpCheck('formats Indian money', '/text/number?locale=en-IN', { match: /₹1,234,567\.89/ }),
  httpCheck('sorts as Swedes do', '/text/sort?locale=sv', { text: 'a z ä' }),
  httpCheck('matches a script of Unicode', '/text/match', { text: '日本' }),
  httpCheck('normalises text and encodes host names', '/text/normal', {
    text: '1 xn--bcher-kva.example LATIN SMALL LETTER E WITH ACUTE',
  }),
];

const secure = [
  httpCheck('serves and asks over TLS', '/secure/tls', { text: 'sealed TLSv1.3' }),
  httpCheck('has the default certificate authorities', '/secure/authorities', { text: 'many' }),
  httpCheck('computes SHA3-256', '/secure/digest?name=SHA3-256', { body: 'pare', match: /^[0-9a-f]{16}$/ }),
  httpCheck('computes MD5', '/secure/digest?name=MD5', { body: 'pare', match: /^[0-9a-f]{16}$/ }),
  httpCheck('answers an unknown digest with its exception', '/secure/digest?name=NONE', {
    body: 'x',
    status: 500,
    match: /NoSuchAlgorithmException/,
  }),
  httpCheck('seals and opens with AES-GCM', '/secure/cipher', { text: 'plain' }),
  httpCheck('signs with RSA', '/secure/sign?key=RSA&name=SHA256withRSA', { body: 'pare', text: 'verified' }),
  httpCheck('signs with an elliptic curve', '/secure/sign?key=EC&name=SHA256withECDSA', {
    body: 'pare',
    text: 'verified',
  }),
  httpCheck('signs with Ed25519', '/secure/sign?key=Ed25519&name=Ed25519', {
    body: 'pare',
    text: 'verified',
  }),
  httpCheck('makes random numbers', '/secure/random', { text: '8 36' }),
];

const data = [
  httpCheck('compresses and expands', '/data/gzip', {
    body: 'pare '.repeat(500),
    text: 'pare '.repeat(500).trim(),
  }),
  httpCheck('reads a jar and a zip file system', '/data/jar', { text: 'true true' }),
  httpCheck('finds a plug-in with ServiceLoader', '/data/plugin?item=bread', { text: 'BREAD!' }),
  httpCheck('parses XML and evaluates XPath', '/data/xml', { body: items, text: 'milk' }),
  httpCheck('transforms XML with a style sheet', '/data/xslt', { body: items, text: '[bread][milk]' }),
  httpCheck('answers broken XML with its exception', '/data/brokenXml', {
    status: 500,
    match: /SAXParseException: XML document structures/,
  }),
  httpCheck('logs to a file', '/data/log', { text: 'logged' }),
  httpCheck('starts a shell pipeline written in Java', '/data/child', { text: 'PARE' }),
  httpCheck('asks itself with HttpClient', '/data/itself', { text: 'up' }),
  httpCheck('knows hosts and users', '/data/names', { text: 'true root root' }),
  httpCheck('serialises objects', '/data/serial', { text: '[a, b]' }),
  httpCheck('reads its management beans', '/data/beans', { text: 'true 1' }),
  httpCheck('guesses content types', '/data/types', { text: 'image/png text/html' }),
  httpCheck('invokes a method handle', '/data/handle', { text: 'ababab' }),
  execCheck('lists the modules of the runtime', ['java', '--list-modules'], { match: /java\.net\.http@/ }),
  secondProgram,
];

export const fullTest = defineFullTest({
  name: 'java',
  ports: [8080],
  isReady: answersOk('/health'),
  checks: [...text, ...secure, ...data],
});
