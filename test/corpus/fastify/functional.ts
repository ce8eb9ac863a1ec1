import { answersOk, type Check, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';
import { echoCheck, uploadCheck } from '../checks.ts';

const json = { 'content-type': 'application/json' };

const login: Check = {
  title: 'signs a token and knows who brings it',
  async run({ baseUrl }) {
    const answer = await fetch(`${baseUrl}/login`, { method: 'POST', headers: json, body: '{"name":"ada"}' });
    const { token } = (await answer.json()) as { token: string };
    const me = await (await fetch(`${baseUrl}/me`, { headers: { authorization: `Bearer ${token}` } })).text();
    if (me !== '{"name":"ada"}' || !answer.headers.get('set-cookie')?.startsWith('seen=yes.'))
      throw new Error(me);
  },
};

const limited: Check = {
  title: 'limits the rate of requests',
  async run({ baseUrl }) {
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await fetch(`${baseUrl}/limited`)).status);
    if (statuses.join() !== '200,200,429') throw new Error(statuses.join());
  },
};

export const functional = defineFullTest({
  name: 'fastify',
  ports: [8080],
  isReady: answersOk('/health'),
  checks: [
    httpCheck('accepts what the schema allows', '/parcels', {
      body: '{"to":"a@b.cd","sentAt":"2024-01-01T00:00:00Z"}',
      headers: json,
      status: 201,
      json: { id: 1, to: 'a@b.cd' },
    }),
    httpCheck('refuses a wrong format', '/parcels', {
      body: '{"to":"nobody","sentAt":"today"}',
      headers: json,
      status: 400,
      match: /must match format \\"email\\".*date-time/,
    }),
    httpCheck('renders a template in its layout', '/parcels/7', {
      match: /<title>Parcels<\/title><p>Parcel 7<\/p>/,
    }),
    uploadCheck('/parcels/label', new File(['12345'], 'label.png'), {}, /^\{"name":"label.png","size":5\}$/),
    echoCheck('/echo', /^echo hello$/),
    login,
    limited,
    httpCheck('refuses who brings no token', '/me', { status: 401 }),
    httpCheck('signs with ed25519 and hashes with SHA-3', '/signature', {
      match: /"valid":true,"sha3":"[0-9a-f]{8}"/,
    }),
    httpCheck('describes itself as OpenAPI', '/openapi.json', { match: /"openapi":"3\..*\/parcels\/\{id\}/ }),
    httpCheck('serves the index of static files', '/static/', { text: 'Deliveries' }),
    httpCheck('knows the type of a manifest', '/static/site.webmanifest', {
      answerHeaders: { 'content-type': /application\/manifest\+json/ },
    }),
    httpCheck('answers 404 for a missing file', '/static/none', { status: 404, match: /not found/ }),
    httpCheck('translates with the plural of German', '/hello/de', { json: { text: '2 Pakete' } }),
    httpCheck('translates with a plural of Polish', '/hello/pl', { json: { text: '2 paczki' } }),
    httpCheck('fails for a language without messages', '/hello/xx', { status: 500 }),
    httpCheck('packs and unpacks', '/packed', { text: 'again' }),
    httpCheck('streams a file', '/stream', { match: /\{\{\{body\}\}\}/ }),
    httpCheck('sorts as in Swedish', '/sorted', { json: ['a', 'z', 'ä', 'ö'] }),
    httpCheck('finds words in Japanese', '/segments', { match: /^\d$/ }),
    httpCheck('decodes windows-1251', '/decoded', { text: 'Пр' }),
    httpCheck('tells the time in Kolkata', '/zone', { text: '01/01/1970, 05:30:00' }),
    execCheck('logs prettily when told to', ['node', 'src/pretty.js'], { match: /INFO.*seen/ }),
  ],
});
