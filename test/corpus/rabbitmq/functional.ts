import assert from 'node:assert/strict';
import { type Check, defineFullTest, execCheck, type SampleTarget } from '../../../samples/full-test.ts';

const guest = {
  authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}`,
  'content-type': 'application/json',
};
const ctl = (title: string, argv: readonly string[], match?: RegExp): Check =>
  execCheck(title, ['rabbitmqctl', '-q', ...argv], match === undefined ? {} : { match });
const plugin = (name: string): Check =>
  execCheck(`enables ${name}`, ['rabbitmq-plugins', '-q', 'enable', name]);
const evaluate = (title: string, expression: string, match: RegExp): Check =>
  ctl(title, ['eval', expression], match);

async function ask(target: SampleTarget, method: string, path: string, body?: unknown): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${target.hostPort(15672)}${path}`, {
    method,
    headers: guest,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${answer.status} ${text}`);
  return text;
}

const api = (title: string, method: string, path: string, body: unknown, match: RegExp): Check => ({
  title,
  run: async (target) => assert.match(await ask(target, method, path, body), match),
});

const messages = [
  api('declares a queue', 'PUT', '/api/queues/%2F/work', { durable: true }, /^/),
  api(
    'declares a quorum queue',
    'PUT',
    '/api/queues/%2F/many',
    { durable: true, arguments: { 'x-queue-type': 'quorum' } },
    /^/,
  ),
  api(
    'declares a stream',
    'PUT',
    '/api/queues/%2F/flow',
    { durable: true, arguments: { 'x-queue-type': 'stream' } },
    /^/,
  ),
  api('declares an exchange', 'PUT', '/api/exchanges/%2F/news', { type: 'topic' }, /^/),
  api('binds', 'POST', '/api/bindings/%2F/e/news/q/work', { routing_key: 'a.#' }, /^/),
  api(
    'publishes',
    'POST',
    '/api/exchanges/%2F/news/publish',
    { properties: { delivery_mode: 2 }, routing_key: 'a.b', payload: 'Käse', payload_encoding: 'string' },
    /"routed":true/,
  ),
  api(
    'gives the message',
    'POST',
    '/api/queues/%2F/work/get',
    { count: 1, ackmode: 'ack_requeue_true', encoding: 'auto' },
    /"payload":"Käse"/,
  ),
  api(
    'publishes to the quorum',
    'POST',
    '/api/exchanges/%2F/amq.default/publish',
    { properties: {}, routing_key: 'many', payload: 'x', payload_encoding: 'string' },
    /"routed":true/,
  ),
  api('tells who asks', 'GET', '/api/whoami', undefined, /"name":"guest"/),
  api('exports its definitions', 'GET', '/api/definitions', undefined, /"queues"/),
  api('tells its nodes', 'GET', '/api/nodes', undefined, /rabbit@localhost/),
  api('says that it is alive', 'GET', '/api/aliveness-test/%2F', undefined, /ok/),
  api('serves its pages', 'GET', '/', undefined, /RabbitMQ Management/),
  api('serves its command line tool', 'GET', '/cli/rabbitmqadmin', undefined, /python/),
];

const upkeep = [
  ctl('tells its state', ['status'], /RabbitMQ version/),
  ctl('lists queues', ['list_queues', 'name', 'messages'], /work\s+1/),
  ctl('adds a user', ['add_user', 'ada', 'secret']),
  ctl('checks a password', ['authenticate_user', 'ada', 'secret']),
  ctl('gives rights', ['set_permissions', '-p', '/', 'ada', '.*', '.*', '.*']),
  ctl('adds a virtual host', ['add_vhost', 'other']),
  ctl('sets a policy', ['set_policy', 'all', '.*', '{"max-length":100}']),
  ctl('encodes a value', ['encode', '{a, 1}', 'secret'], /encrypted/),
  ctl('tells its cluster', ['cluster_status'], /rabbit@localhost/),
  ctl('makes a report', ['report'], /RabbitMQ version/),
  ctl('writes its settings', ['environment'], /rabbit/),
  execCheck('checks its alarms', ['rabbitmq-diagnostics', '-q', 'check_local_alarms']),
  execCheck('shows memory', ['rabbitmq-diagnostics', '-q', 'memory_breakdown'], { match: /plugins|code/ }),
  execCheck('lists ciphers', ['rabbitmq-diagnostics', '-q', 'cipher_suites'], { match: /AES/ }),
  execCheck('lists plug-ins', ['rabbitmq-plugins', '-q', 'list'], { match: /\[E\*\] rabbitmq_management / }),
  execCheck('writes completions', ['rabbitmq-queues', '--help'], { match: /Usage/ }),
  evaluate('loads crypto', 'crypto:hash(sha256, <<"pare">>).', /^<</),
  evaluate('loads ssl', 'ssl:versions().', /tlsv1\.3/),
  evaluate(
    'loads public_key',
    'element(1, public_key:generate_key({namedCurve, secp256r1})).',
    /ECPrivateKey/,
  ),
  evaluate('loads xmerl', 'element(1, xmerl_scan:string("<a>b</a>")).', /xmlElement/),
  evaluate('loads inets', 'application:ensure_all_started(inets).', /ok/),
  evaluate('compiles', 'element(1, compile:forms([{attribute, 1, module, m}])).', /ok/),
  evaluate('recodes', 'unicode:characters_to_binary([228], latin1, utf8).', /Ã¤|ä/),
  evaluate('asks for an address', 'inet:gethostbyname("localhost").', /hostent/),
  evaluate('starts a program', 'os:cmd("echo shell").', /shell/),
  plugin('rabbitmq_stomp'),
  plugin('rabbitmq_mqtt'),
  plugin('rabbitmq_prometheus'),
  plugin('rabbitmq_shovel'),
  plugin('rabbitmq_federation_management'),
  plugin('rabbitmq_consistent_hash_exchange'),
  plugin('rabbitmq_web_stomp'),
  plugin('rabbitmq_auth_backend_ldap'),
  plugin('rabbitmq_stream'),
];

const later: readonly Check[] = [
  {
    title: 'keeps messages over a restart',
    async run(target) {
      await target.restart();
      assert.match(
        (await target.exec(['rabbitmqctl', '-q', 'list_queues', 'name', 'messages'])).stdout,
        /work\s+1/,
      );
    },
  },
];

export const functional = defineFullTest({
  name: 'rabbitmq',
  ports: [5672, 15672],
  // Its data is named by the host, and so is found again after a restart.
  start: { options: ['--hostname', 'localhost'] },
  isReady: async ({ exec }) =>
    (await exec(['rabbitmq-diagnostics', '-q', 'check_port_connectivity'])).exitCode === 0,
  checks: [...messages, ...upkeep, ...later],
});
