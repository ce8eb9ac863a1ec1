import { answersOk, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';
import { echoCheck, uploadCheck } from '../checks.ts';

const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const bicycle = {
  owner: 'ada@example.com',
  colour: 'red',
  price: 99.5,
  bought: '2024-02-29',
  serial: '12345678-1234-5678-1234-567812345678',
  manual: 'https://example.com/manual',
  tracker: '10.0.0.1',
  tags: ['Fast'],
};

export const functional = defineFullTest({
  name: 'fastapi',
  ports: [80],
  isReady: answersOk('/health'),
  checks: [
    httpCheck('takes its defaults', '/bicycles/?limit=5', {
      headers: { 'user-agent': 'x' },
      json: { skip: 0, limit: 5, agent: 'x' },
    }),
    httpCheck('refuses a limit that is too high', '/bicycles/?limit=500', {
      status: 422,
      match: /less than or equal to 100/,
    }),
    httpCheck('accepts a valid body', '/bicycles/', {
      body: JSON.stringify(bicycle),
      headers: json,
      status: 201,
      json: { ...bicycle, tags: ['fast'] },
    }),
    httpCheck('did its task in the background', '/bicycles/log', { match: /ada@example\.com/ }),
    httpCheck('names everything that is wrong with a body', '/bicycles/', {
      body: JSON.stringify({
        ...bicycle,
        owner: 'ada',
        colour: 'green',
        price: -1,
        bought: 'x',
        serial: '1',
        tracker: '1.2',
      }),
      headers: json,
      status: 422,
      match: /valid email.*enumeration member.*greater than 0.*date format.*uuid.*IPv4 or IPv6/i,
    }),
    httpCheck('refuses broken JSON', '/bicycles/', { body: '{', headers: json, status: 422 }),
    uploadCheck(
      '/bicycles/photo',
      new File(['1234'], 'bell.jpg'),
      { title: 'bell' },
      /^\{"title":"bell","name":"bell.jpg","size":4\}$/,
    ),
    echoCheck('/echo', /"echo": ?"hello"/),
    httpCheck('handles an error of its own', '/bicycles/13', {
      status: 404,
      json: { detail: 'no thirteen' },
    }),
    httpCheck('raises an HTTP error with a header', '/bicycles/101', {
      status: 410,
      answerHeaders: { 'x-reason': /old/ },
    }),
    httpCheck('shows its documentation', '/docs', { match: /swagger-ui/ }),
    httpCheck('shows its other documentation', '/redoc', { match: /redoc/ }),
    httpCheck('describes itself', '/openapi.json', { match: /"openapi":"3\..*"Bicycle":/ }),
    httpCheck('renders a template', '/page', { match: /<p>ADA<\/p>/ }),
    httpCheck('streams', '/lines', { text: '0\n1\n2' }),
    httpCheck('works in a thread', '/thread', { json: { worker: true } }),
    httpCheck('sends a file', '/file', {
      text: 'wheels',
      answerHeaders: { 'content-disposition': /index\.html/ },
    }),
    httpCheck('serves static files', '/static/', { text: 'wheels' }),
    httpCheck('knows the type of a font', '/static/a.woff2', {
      answerHeaders: { 'content-type': /font\/woff2/ },
    }),
    httpCheck('redirects', '/old', { status: 307 }),
    httpCheck('asks for a password', '/basic', {
      status: 401,
      answerHeaders: { 'www-authenticate': /Basic/ },
    }),
    httpCheck('knows who comes with a password', '/basic', {
      headers: { authorization: `Basic ${btoa('ada:x')}` },
      json: 'ada',
    }),
    httpCheck('gives a token', '/token', {
      body: 'username=ada&password=x',
      headers: form,
      match: /"access_token":"ada"/,
    }),
    httpCheck('knows who brings a token', '/me', { headers: { authorization: 'Bearer ada' }, json: 'ada' }),
    httpCheck('allows another origin', '/health', {
      headers: { origin: 'https://example.org' },
      answerHeaders: { 'access-control-allow-origin': /example\.org/ },
    }),
    httpCheck('packs', '/openapi.json', {
      headers: { 'accept-encoding': 'gzip' },
      answerHeaders: { 'content-encoding': /gzip/ },
      match: /openapi/,
    }),
    httpCheck('tells the time in Apia', '/zone?name=Pacific/Apia', { json: '2024-01-01T13:00:00+13:00' }),
    httpCheck('knows the versions of its packages', '/metadata', {
      json: { fastapi: '0', starlette: '0', pydantic: '1' },
    }),
    httpCheck('runs a pipe of commands', '/child', { text: 'TWO' }),
    execCheck('tells its version', ['uvicorn', '--version'], { match: /uvicorn 0\.17/ }),
  ],
});
