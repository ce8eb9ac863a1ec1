import assert from 'node:assert/strict';
import {
  type Check,
  type CommandResult,
  defineFullTest,
  execCheck,
  type SampleTarget,
} from '../../../samples/full-test.ts';

const cli = (...argv: readonly string[]): readonly string[] => [
  'redis-cli',
  '-a',
  'probe',
  '--no-auth-warning',
  ...argv,
];

/** One command's answer is this text. */
const answers = (title: string, argv: readonly string[], text: string): Check =>
  execCheck(title, cli(...argv), { text });

const script =
  "local sum = 0; for _, v in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do sum = sum + v end; return sum";
const json =
  "return cjson.encode({name='käse', values={1,2}}) .. ' ' .. struct.pack('>I2', 258):byte(2) .. ' ' .. bit.tohex(255) .. ' ' .. #cmsgpack.pack({1,2,3})";

const data = [
  answers('stores a string', ['set', 'public:a', 'Käse'], 'OK'),
  execCheck('gives it back', cli('--raw', 'get', 'public:a'), { text: 'Käse' }),
  answers('pushes to a list', ['rpush', 'numbers', '1', '2', '39'], '3'),
  answers('keeps a hash', ['hset', 'h', 'f', '1', 'g', '2'], '2'),
  answers('keeps a sorted set', ['zadd', 'z', '1', 'a', '2', 'b'], '2'),
  execCheck('adds to a stream', cli('xadd', 's', '*', 'k', 'v'), { match: /^\d+-0/ }),
  answers('makes a group of readers', ['xgroup', 'create', 's', 'g', '0'], 'OK'),
  answers('counts roughly', ['pfadd', 'p', 'a', 'b', 'c'], '1'),
  execCheck(
    'measures a distance',
    cli(
      'eval',
      "redis.call('GEOADD','geo','13.361389','38.115556','P','15.087269','37.502669','C'); return redis.call('GEODIST','geo','P','C','km')",
      '0',
    ),
    { text: '166.2742' },
  ),
  answers('works on bits', ['setbit', 'bits', '7', '1'], '0'),
  execCheck('scans', cli('--scan', '--pattern', 'public:*'), { text: 'public:a' }),
  answers('lets a key expire', ['set', 'short', '1', 'px', '100000'], 'OK'),
  answers('dumps and restores', ['copy', 'h', 'h2'], '1'),
  execCheck('sorts by weight', cli('sort', 'numbers', 'desc', 'limit', '0', '1'), { text: '39' }),
];

const scripts = [
  answers('runs a Lua script', ['eval', script, '1', 'numbers'], '42'),
  execCheck('has the Lua libraries', cli('--raw', 'eval', json, '0'), {
    match: /"name":"käse".* 2 000000ff 4/,
  }),
  execCheck('loads a function', ['redis-cli', '-a', 'probe', '--no-auth-warning', '-x', 'function', 'load'], {
    input: "#!lua name=lib\nredis.register_function('twice', function(keys, args) return args[1] * 2 end)",
    text: 'lib',
  }),
  answers('calls the function', ['fcall', 'twice', '0', '21'], '42'),
  execCheck('runs a transaction', cli(), {
    input: 'multi\nincr n\nincr n\nexec\n',
    match: /QUEUED[\s\S]*1[\s\S]*2/,
  }),
];

const rights = [
  execCheck('refuses without a password', ['redis-cli', 'get', 'public:a'], { match: /NOAUTH/ }),
  execCheck(
    'lets a reader read',
    ['redis-cli', '--user', 'reader', '--pass', 'look', '--no-auth-warning', '--raw', 'get', 'public:a'],
    { text: 'Käse' },
  ),
  execCheck(
    'lets a reader not write',
    ['redis-cli', '--user', 'reader', '--pass', 'look', '--no-auth-warning', 'set', 'public:a', 'x'],
    { match: /NOPERM/ },
  ),
  answers('saves its users', ['acl', 'save'], 'OK'),
  execCheck('has a long log of refusals', cli('acl', 'log'), { match: /reader/ }),
];

const upkeep = [
  execCheck('tells about itself', cli('info', 'server'), {
    match: /redis_version:7[\s\S]*multiplexing_api:epoll/,
  }),
  answers('saves', ['save'], 'OK'),
  execCheck('rewrites its log in a child', cli('bgrewriteaof'), { match: /rewriting started|scheduled/ }),
  execCheck('checks its snapshot', ['redis-check-rdb', '/data/dump.rdb'], { match: /RDB looks OK/ }),
  execCheck(
    'measures itself',
    ['redis-benchmark', '-a', 'probe', '-n', '200', '-c', '2', '-t', 'ping,lrange', '-q'],
    { match: /LRANGE_600/ },
  ),
  execCheck('tells latency doctors', cli('latency', 'doctor'), { match: /Dave|latency/i }),
  execCheck('changes its configuration', cli('config', 'set', 'maxclients', '500'), { text: 'OK' }),
  execCheck('writes its configuration', cli('config', 'rewrite'), { text: 'OK' }),
  execCheck('takes a snapshot over the wire', cli('--rdb', '/tmp/copy.rdb'), {
    stderr: /Transfer finished|sending REPLCONF/,
  }),
  execCheck('computes a hash of a script', cli('script', 'load', 'return 1'), {
    text: 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db',
  }),
  execCheck('runs as its user', ['id', '-un'], { text: 'redis' }),
];

const isValue = ({ stdout }: CommandResult, text: string): void => assert.equal(stdout.trim(), text);

const later: readonly Check[] = [
  {
    title: 'keeps its data over a restart',
    async run(target) {
      await target.restart();
      isValue(await target.exec(cli('--raw', 'get', 'public:a')), 'Käse');
      isValue(await target.exec(cli('eval', script, '1', 'numbers')), '42');
    },
  },
  {
    title: 'notes its start and end in its log',
    run: async (target) =>
      assert.match(await target.logs(), /DB saved on disk|bye bye[\s\S]*Ready to accept/),
  },
  {
    title: 'starts with a read-only root and other settings',
    run: async ({ runOnce }) => {
      const { stdout } = await runOnce(['redis-server', '--version'], ['--read-only']);
      assert.match(stdout, /Redis server v=7/);
    },
  },
];

/** Whether it answers a ping. */
const isUp = async ({ exec }: SampleTarget): Promise<boolean> =>
  (await exec(cli('ping'))).stdout.trim() === 'PONG';

export const functional = defineFullTest({
  name: 'redis',
  ports: [6379],
  isReady: isUp,
  checks: [...data, ...scripts, ...rights, ...upkeep, ...later],
});
