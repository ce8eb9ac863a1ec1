import { answersOk, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';
import { uploadCheck } from '../checks.ts';

const json = { 'content-type': 'application/json' };
const order = '{"customer":" Ada@Example.org ","amount":"3","due":"2024-02-03","phone":"+4915123456789"}';

export const functional = defineFullTest({
  name: 'nest',
  ports: [3000],
  isReady: answersOk('/health'),
  checks: [
    httpCheck('reads its settings from a file', '/region', { json: { region: 'north' } }),
    httpCheck('stores an order in a database that is loaded then', '/orders', {
      body: order,
      headers: json,
      status: 201,
      json: {
        customer: 'ada@example.org',
        amount: 3,
        due: '2024-02-03T00:00:00.000Z',
        phone: '+4915123456789',
        id: 1,
      },
    }),
    httpCheck('finds the order again', '/orders/1', {
      match: /"amount":3/,
      answerHeaders: { 'x-handler': /one/ },
    }),
    httpCheck('wrote the order into its audit by an event', '/orders/audit', {
      headers: { 'x-token': 'secret' },
      json: ['created 1'],
    }),
    httpCheck('keeps others from the audit', '/orders/audit', { status: 403 }),
    httpCheck('answers 404 for an order that is not', '/orders/99', { status: 404, match: /no order 99/ }),
    httpCheck('refuses an ID that is no number', '/orders/x', { status: 400, match: /numeric string/ }),
    httpCheck('refuses a key that is no UUID', '/orders/by-key/x', { status: 400, match: /uuid/ }),
    httpCheck('validates what comes in', '/orders', {
      body: '{"customer":"nobody","amount":30,"due":"never","phone":"1"}',
      headers: json,
      status: 400,
      match: /must be an email.*must not be greater than 10.*must be a Date.*phone number/,
    }),
    uploadCheck('/orders/scan', new File(['123'], 'scan.pdf'), {}, /^\{"name":"scan.pdf","size":3\}$/),
    httpCheck('streams', '/orders/file', {
      text: 'streamed',
      answerHeaders: { 'content-type': /text\/plain/ },
    }),
    httpCheck('answers by an exception filter', '/orders/teapot', {
      status: 418,
      json: { message: 'short and stout' },
    }),
    httpCheck('sends events', '/orders/events', { match: /data: \{"tick":0\}[\s\S]*data: \{"tick":1\}/ }),
    httpCheck('redirects', '/orders/old', { status: 301 }),
    httpCheck('loads a module of its own lazily', '/report', { json: { text: 'Total: 42' } }),
    httpCheck('serves its assets', '/assets/app.js', { answerHeaders: { 'content-type': /javascript/ } }),
    httpCheck('serves the page of its interface', '/api', { match: /swagger-ui/ }),
    httpCheck('serves the script of that page', '/api/swagger-ui-bundle.js', { match: /SwaggerUIBundle/ }),
    httpCheck('serves the style of that page', '/api/swagger-ui.css', { match: /\.swagger-ui/ }),
    httpCheck('describes its interface with metadata of decorators', '/api-json', {
      match:
        /"CreateOrder":\{"type":"object","properties":\{"customer":\{"type":"string","example":"ada@example\.org"/,
    }),
    httpCheck('answers 404 as JSON', '/none', {
      status: 404,
      json: { message: 'Cannot GET /none', error: 'Not Found', statusCode: 404 },
    }),
    execCheck('runs another script of its package.json', ['npm', 'run', '--silent', 'version:node'], {
      match: /^v18/,
    }),
  ],
});
