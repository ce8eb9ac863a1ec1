import assert from 'node:assert/strict';
import { assertCommand, type Check, defineFullTest, type ExecExpectation, execCheck } from '../full-test.ts';

/** A check of one command line of the tool, in the running container. */
const almanac = (title: string, argv: readonly string[], expected: ExecExpectation): Check =>
  execCheck(title, ['almanac', ...argv], expected);

const letters = [
  almanac('tells its version', ['--version'], { text: 'almanac 1.2.0' }),
  almanac('tells its usage', ['--help'], { match: /usage: almanac COMMAND/ }),
  almanac('refuses an unknown command', ['no-such-command'], {
    exitCode: 64,
    stderr: /no such command: no-such-command/,
  }),
  almanac('lists its letters', ['list'], { match: /copy-of-first\.txt\nfirst\.txt\nsecond\.txt/ }),
  almanac('adds a letter, with a hook of git', ['add', 'To Grace!'], {
    input: 'Dear Grace,\nall is well.\n',
    text: 'to-grace.txt',
  }),
  almanac('shows the letter', ['show', 'to-grace.txt'], { match: /all is well/ }),
  almanac('searches with a Perl expression', ['search', '(?<=engine is )\\w+'], {
    match: /second\.txt:2:the engine is late/,
  }),
  almanac('tells the history of a letter', ['history', 'first.txt'], {
    match: /Keeper: Import letters\n.*first\.txt/,
  }),
  almanac('takes its last letter back', ['undo'], { text: 'Revert "Add To Grace!"' }),
  almanac('checks its repository', ['check'], { text: '' }),
  almanac('packs its repository', ['collect'], { match: /in-pack: [1-9]/ }),
  almanac('clones and mirrors its repository', ['copy'], { text: 'same' }),
];

const papers = [
  almanac('exports JSON', ['export'], { match: /^\[\{"subject":"import letters","author":"Keeper"\}/ }),
  ...['tar.gz', 'tar.xz', 'tar.zst', 'zip'].map((kind) =>
    almanac(`packs a ${kind}`, ['pack', kind], { text: '3' }),
  ),
  almanac('packs with bzip2', ['pack', 'bz2'], { text: 'same' }),
  almanac('refuses an unknown packing', ['pack', 'rar'], { exitCode: 65, stderr: /no such packing: rar/ }),
  almanac('prints a page with perl', ['page', 'first.txt'], {
    match:
      /^1970-01-01\n {2}Dear Ada, the engine is ready\. Käse\n {2}is in the cellar\.\nletters: 40\nlatin-1: 1$/m,
  }),
  almanac('prints a table', ['table'], { match: /^second\.txt\s+30$/m }),
  almanac('computes', ['sum', '2^10 + s(0)'], { text: '1024.000' }),
  almanac('compares two letters', ['compare', 'first.txt', 'second.txt'], {
    match: /^\+the engine is late\.$/m,
  }),
  almanac('knows the kind of a file', ['kind', '/usr/local/bin/vault-cat'], {
    match: /application\/x-(pie-)?(executable|sharedlib)/,
  }),
  almanac('orders letters with python', ['ordered'], {
    text: 'second.txt copy-of-first.txt first.txt\n1970-01-01T09:00:00+09:00',
  }),
];

const secrets = [
  almanac('signs a letter', ['sign', 'first.txt'], { match: /Signature Verified Successfully/ }),
  almanac('seals and opens a letter', ['seal', 'second.txt'], { match: /engine is late/ }),
  almanac('checks digests', ['digest', 'first.txt'], { text: 'first.txt: OK\n1' }),
  almanac('fetches a file', ['fetch', 'file:///etc/debian_version'], { match: /^12\./ }),
  almanac('fails to fetch from a closed port', ['fetch', 'http://127.0.0.1:9/'], {
    exitCode: 7,
    stderr: /Failed to connect/,
  }),
  almanac('serves and asks over TLS', ['tls'], { match: /TLSv1\.3/ }),
];

const machine = [
  almanac('becomes root by sudo', ['admin'], { text: 'root for keeper: the combination' }),
  execCheck('refuses another program by sudo', ['sudo', '--non-interactive', 'id'], {
    exitCode: 1,
    stderr: /password is required/,
  }),
  almanac('reads the vault by a file capability', ['vault', 'vault-cat'], {
    text: 'the combination is 1-2-3',
  }),
  almanac('reads the vault by the other name of that file', ['vault', 'vault-show'], {
    text: 'the combination is 1-2-3',
  }),
  almanac('cannot read the vault without', ['vault', 'cat'], { exitCode: 1, stderr: /Permission denied/ }),
  almanac('runs as its user, and a setuid program as root', ['identity'], { text: 'keeper\nkeeper\n0' }),
  almanac(
    'keeps owners, modes, links and capabilities',
    ['audit', '/usr/local/bin/vault-cat', '/usr/local/bin/whoami-really'],
    {
      text: [
        '/usr/local/bin/vault-cat root:root 755 2',
        '/usr/local/bin/whoami-really root:root 4755 1',
        '/usr/local/bin/vault-cat cap_dac_override=ep',
      ].join('\n'),
    },
  ),
  almanac('keeps a set-group-id directory', ['audit', '/var/lib/almanac', '/var/lib/almanac/outbox'], {
    match:
      /^\/var\/lib\/almanac keeper:keeper 2775 \d+\n\/var\/lib\/almanac\/outbox keeper:keeper 2750 \d+$/m,
  }),
  almanac('keeps the owner and group of a file', ['audit', '/home/keeper/.gitconfig'], {
    text: '/home/keeper/.gitconfig keeper:staff 640 1',
  }),
  almanac('speaks German', ['day', 'de_DE.UTF-8'], { text: 'Donnerstag' }),
  almanac('knows the time in Kathmandu', ['zone', 'Asia/Kathmandu'], { text: '18:15 +0545' }),
  almanac('knows services, users and hosts', ['names'], {
    match: /https\s+443\/tcp[\s\S]*keeper:x:1500[\s\S]*resolved/,
  }),
];

const starts: readonly Check[] = [
  {
    title: 'its entry point runs one command to its end',
    run: async (target) =>
      assertCommand(await target.runOnce(['list']), { text: 'copy-of-first.txt\nfirst.txt\nsecond.txt' }),
  },
  {
    title: 'keeps hard links of its data',
    async run(target) {
      const result = await target.exec([
        'almanac',
        'audit',
        '/home/keeper/letters/first.txt',
        '/home/keeper/letters/copy-of-first.txt',
      ]);
      assert.match(result.stdout, /first\.txt keeper:keeper 644 2\n.*copy-of-first\.txt keeper:keeper 644 2/);
    },
  },
];

export const fullTest = defineFullTest({
  name: 'cli',
  ports: [],
  isReady: async (target) => (await target.exec(['almanac', '--version'])).exitCode === 0,
  checks: [...letters, ...papers, ...secrets, ...machine, ...starts],
});
