import { answersOk, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';
import { sessionCheck, uploadCheck } from '../checks.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded' };

const pages = [
  httpCheck('renders a template with layout and macro', '/notices/', {
    match: /<title>Board<\/title>.*<li>Bread<\/li>.*Saved/s,
  }),
  httpCheck('renders it in German', '/notices/?lang=de', { match: /Gespeichert/ }),
  httpCheck('counts in French', '/notices/count/2?lang=fr', { json: { text: '2 annonces' } }),
  httpCheck('counts in German', '/notices/count/1?lang=de', { json: { text: '1 Aushang' } }),
  httpCheck('writes amounts and days in German', '/notices/amounts?lang=de', {
    match: /1\. Juli 2024.*1\.234,50/s,
  }),
  httpCheck('writes amounts and days in French', '/notices/amounts?lang=fr', { match: /1\. juillet 2024/ }),
  httpCheck('renders the page of a missing address', '/none', { status: 404, match: /Nothing at \/none/ }),
  httpCheck('renders the page of a failure', '/machine/fail', { status: 500, match: /ZeroDivisionError/ }),
  httpCheck('serves a style sheet', '/static/board.css', {
    match: /serif/,
    answerHeaders: { 'content-type': /text\/css/ },
  }),
  httpCheck('sends a download', '/machine/file', {
    text: 'terms',
    answerHeaders: { 'content-disposition': /attachment/ },
  }),
  httpCheck('streams', '/machine/stream', { text: '0\n1\n2' }),
];

const input = [
  uploadCheck(
    '/notices/upload',
    new File(['pare'], 'pare.txt'),
    {},
    /"blake":\s*"[0-9a-f]{8}"[\s\S]*"name":\s*"pare.txt"/,
  ),
  sessionCheck('/notices/visits', /"visits":\s*2/),
  httpCheck('accepts a form', '/notices/', {
    body: 'title=bread&day=2024-02-29',
    headers: form,
    status: 201,
    match: /"Saved"/,
  }),
  httpCheck('refuses a wrong form', '/notices/', {
    body: 'title=b&day=2024-02-30',
    headers: form,
    status: 422,
    match: /required.*at least 3/s,
  }),
  httpCheck('imports the CSV exporter by its name', '/notices/export/csv_table', {
    match: /title\s+bread\s+milk/,
  }),
  httpCheck('imports the TOML exporter by its name', '/notices/export/toml_text', {
    match: /\[rows\]\s+bread = 1/,
  }),
  httpCheck('says that an exporter is missing', '/notices/export/none', { status: 404 }),
];

const library = [
  httpCheck('tells the time in Kathmandu', '/machine/zone/Asia/Kathmandu', { match: /17:45:00\+05:45/ }),
  httpCheck('tells the time by an old name', '/machine/zone/US/Pacific', { match: /05:00:00-07:00/ }),
  httpCheck('encodes Shift_JIS', '/machine/charset/shift_jis', { json: { bytes: '93fa967b3f' } }),
  httpCheck('encodes GB18030', '/machine/charset/gb18030', { match: /c8d5b1be/ }),
  httpCheck('encodes cp1252', '/machine/charset/cp1252', { json: { bytes: '3f3fe4' } }),
  httpCheck('encodes punycode', '/machine/charset/punycode', { json: { bytes: '3463613732383263623261' } }),
  httpCheck('uses sqlite3', '/machine/store', { json: { sum: 6 } }),
  httpCheck('uses shelve', '/machine/shelf', { json: { value: [1, 2] } }),
  httpCheck('uses all compressors', '/machine/packed', {
    json: { bz2: 'text', gzip: 'text', lzma: 'text', zlib: 'text' },
  }),
  httpCheck('makes a request with requests', '/machine/requests', { match: /"ok":\s*true/ }),
  httpCheck('has the certificate authorities, for requests too', '/machine/tls', {
    match: /"authorities":\s*true.*"many":\s*true/s,
  }),
  httpCheck('reads and writes XML', '/machine/xml', { match: /"root":\s*"b"/ }),
  httpCheck('writes mail', '/machine/mail', { match: /=\?utf-8\?.*multipart\/alternative/s }),
  httpCheck('works in a pool of processes', '/machine/parallel', { json: { values: [1, 2] } }),
  httpCheck('runs a program in asyncio', '/machine/async', { json: { version: '12' } }),
  httpCheck('knows ports and types by name', '/machine/name/https', {
    json: { port: 443, type: 'application/vnd.oasis.opendocument.text' },
  }),
  httpCheck('computes exactly', '/machine/decimal', {
    json: { sum: '0.3', part: '1/2', middle: 2, uuid: true },
  }),
  execCheck('has its own command', ['python3', '-m', 'flask', '--app', 'board', 'count'], {
    match: /3 notices/,
  }),
  execCheck('lists its routes', ['python3', '-m', 'flask', '--app', 'board', 'routes'], {
    match: /machine\.zone\s+GET/,
  }),
];

export const functional = defineFullTest({
  name: 'flask',
  ports: [8080],
  isReady: answersOk('/health'),
  checks: [...pages, ...input, ...library],
});
