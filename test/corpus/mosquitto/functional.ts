import assert from 'node:assert/strict';
import { type Check, defineFullTest, execCheck, type SampleTarget } from '../../../samples/full-test.ts';

const ada = ['-u', 'ada', '-P', 'secret'];
const publish = (...argv: readonly string[]): readonly string[] => ['mosquitto_pub', ...ada, ...argv];
const subscribe = (...argv: readonly string[]): readonly string[] => [
  'mosquitto_sub',
  ...ada,
  '-W',
  '5',
  ...argv,
];
const tls = ['-p', '8883', '-h', 'localhost', '--cafile', '/etc/mosquitto/cert.pem'];

const messages = [
  execCheck('keeps a message', publish('-t', 'kept/a', '-m', 'käse', '-r', '-q', '1')),
  execCheck('gives it to whoever comes', subscribe('-t', 'kept/#', '-C', '1', '-v'), { text: 'kept/a käse' }),
  execCheck('tells about itself', subscribe('-t', '$SYS/broker/version', '-C', '1'), {
    match: /mosquitto version 2/,
  }),
  execCheck(
    'speaks MQTT 5 with properties',
    publish('-V', '5', '-t', 'kept/b', '-r', '-m', '{}', '-D', 'publish', 'content-type', 'application/json'),
  ),
  execCheck('shows messages as JSON', subscribe('-V', '5', '-t', 'kept/b', '-C', '1', '-F', '%J'), {
    match: /"topic":"kept\/b".*"content-type":"application\/json"/,
  }),
  execCheck('writes times', subscribe('-t', 'kept/a', '-C', '1', '-F', '%U @Y %p'), {
    match: /^\d+\.\d+ 20\d\d käse$/m,
  }),
  {
    title: 'hands a message to one who waits',
    async run({ exec }: SampleTarget) {
      let ended = false;
      const waiting = exec(subscribe('-t', 'ask', '-C', '1', '-V', '5')).finally(() => {
        ended = true;
      });
      // The subscriber tells nobody when it is there.
      while (!ended) await exec(publish('-t', 'ask', '-m', 'q'));
      assert.equal((await waiting).stdout.trim(), 'q');
    },
  },
  execCheck('asks for a password', ['mosquitto_pub', '-t', 'a', '-m', 'x'], {
    exitCode: 5,
    stderr: /not authorised/i,
  }),
  execCheck('refuses a wrong password', ['mosquitto_pub', '-u', 'ada', '-P', 'x', '-t', 'a', '-m', 'x'], {
    exitCode: 5,
    stderr: /not authorised/i,
  }),
  execCheck(
    'lets bob read his news only',
    ['mosquitto_sub', '-u', 'bob', '-P', 'other', '-t', 'kept/#', '-C', '1', '-W', '1'],
    { exitCode: 27 },
  ),
  execCheck('speaks TLS', publish(...tls, '-t', 'kept/c', '-m', 'sealed', '-r')),
  execCheck('reads over TLS', subscribe(...tls, '-t', 'kept/c', '-C', '1'), { text: 'sealed' }),
  {
    title: 'refuses an unknown authority',
    async run({ exec }: SampleTarget) {
      const told = await exec(
        publish('-p', '8883', '-h', 'localhost', '--capath', '/etc/ssl/certs', '-t', 'a', '-m', 'x'),
      );
      assert.notEqual(told.exitCode, 0);
      assert.match(told.stderr, /TLS error/);
    },
  },
  execCheck('takes a message from its input', publish('-t', 'kept/d', '-s', '-r'), { input: 'from input' }),
];

const websocket: Check = {
  title: 'speaks MQTT over WebSocket',
  async run({ hostPort }) {
    const socket = new WebSocket(`ws://127.0.0.1:${hostPort(9001)}/mqtt`, ['mqtt']);
    socket.binaryType = 'arraybuffer';
    const first = await new Promise<ArrayBuffer>((resolve, reject) => {
      // MQTT 3.1.1 CONNECT, client "w", user ada.
      const text = (value: string): number[] => [0, value.length, ...Buffer.from(value)];
      const body = [...text('MQTT'), 4, 0xc2, 0, 10, ...text('w'), ...text('ada'), ...text('secret')];
      socket.onopen = () => socket.send(Uint8Array.from([0x10, body.length, ...body]));
      socket.onmessage = (event) => resolve(event.data);
      socket.onerror = () => reject(new Error('no WebSocket'));
    });
    socket.close();
    assert.deepEqual([...new Uint8Array(first)], [0x20, 2, 0, 0]);
  },
};

const upkeep: readonly Check[] = [
  execCheck('makes a password file', ['mosquitto_passwd', '-b', '-c', '/tmp/passwords', 'eve', 'x']),
  execCheck('makes settings of dynamic security', [
    'mosquitto_ctrl',
    'dynsec',
    'init',
    '/tmp/dynamic.json',
    'admin',
    'secret',
  ]),
  execCheck('starts a second broker with that plug-in and a bridge', [
    'mosquitto',
    '-d',
    '-c',
    '/etc/mosquitto/extra.conf',
  ]),
  {
    title: 'which answers its administrator',
    async run({ exec }) {
      const argv = ['mosquitto_ctrl', '-p', '1884', '-u', 'admin', '-P', 'secret', 'dynsec', 'listRoles'];
      let told = '';
      for (let attempt = 0; attempt < 100; attempt++) {
        const { stdout, stderr } = await exec(argv);
        told = stdout + stderr;
        if (/admin/.test(stdout)) return;
      }
      assert.fail(told);
    },
  },
  {
    title: 'reloads its settings',
    async run({ signal, exec, logs }) {
      await signal('HUP');
      for (let attempt = 0; attempt < 100; attempt++) {
        if (/Reloading config/.test(await logs())) break;
      }
      assert.match(await logs(), /Reloading config/);
      assert.equal((await exec(publish('-t', 'up', '-m', 'up'))).exitCode, 0);
    },
  },
  {
    title: 'keeps messages over a restart',
    async run({ restart, exec }) {
      await restart();
      assert.equal((await exec(subscribe('-t', 'kept/a', '-C', '1'))).stdout.trim(), 'käse');
    },
  },
  {
    title: 'tells its usage',
    run: async ({ runOnce }) =>
      assert.match((await runOnce(['mosquitto', '-h'])).stdout, /mosquitto version 2/),
  },
];

export const functional = defineFullTest({
  name: 'mosquitto',
  ports: [1883, 9001],
  isReady: async ({ exec }) => (await exec(publish('-t', 'up', '-m', 'up'))).exitCode === 0,
  checks: [...messages, websocket, ...upkeep],
});
