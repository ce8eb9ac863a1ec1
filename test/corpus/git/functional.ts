import { type Check, defineFullTest, execCheck } from '../../../samples/full-test.ts';

const git = (title: string, argv: readonly string[], expected: Parameters<typeof execCheck>[2] = {}): Check =>
  execCheck(title, ['git', ...argv], expected);
const at = ['-C', '/srv/git/library'];
const work = ['-C', '/tmp/work'];

const everyday = [
  git('clones over its protocol', ['clone', '-q', 'git://127.0.0.1/library', '/tmp/work']),
  execCheck('changes a file', [
    'sh',
    '-c',
    'cd /tmp/work && printf "two\\n" >>a.txt && printf "käse\\n" >ä.txt',
  ]),
  git('tells what changed', [...work, 'status', '--short'], { match: /M a\.txt/ }),
  git('shows the change', [...work, 'diff'], { match: /^\+two$/m }),
  git('adds', [...work, 'add', '-A']),
  git('commits', [...work, 'commit', '-m', 'Add two'], { match: /2 files changed/ }),
  git('branches', [...work, 'switch', '-c', 'side']),
  git('tags', [...work, 'tag', '-a', 'v1', '-m', 'first']),
  git('describes', [...work, 'describe'], { text: 'v1' }),
  git('tells its history', [...work, 'log', '--oneline', '--graph'], { match: /\* \w+ Add two/ }),
  git('tells who wrote a line', [...work, 'blame', 'a.txt'], { match: /Keeper/ }),
  git('searches', [...work, 'grep', '-n', 'two'], { text: 'a.txt:2:two' }),
  git('searches with a Perl expression', [...work, 'grep', '-P', 't(?=wo)'], { match: /a\.txt/ }),
  git('rebases', [...work, 'rebase', '-q', 'HEAD~1']),
  git('stashes', [...work, 'stash', 'list']),
  git('picks', [...work, 'cherry-pick', '--allow-empty', '--keep-redundant-commits', 'HEAD'], {
    match: /Add two/,
  }),
  git('pushes over its protocol', [...work, 'push', '-q', 'origin', 'side']),
  git('adds a worktree', [...work, 'worktree', 'add', '-q', '/tmp/tree', 'main']),
  git('fetches from a path', ['fetch', '-q', '/tmp/work', 'side'].toSpliced(0, 0, ...at)),
  git('archives as tar.gz', [...work, 'archive', '--format=tar.gz', '-o', '/tmp/a.tar.gz', 'HEAD']),
  git('archives as zip', [...work, 'archive', '--format=zip', '-o', '/tmp/a.zip', 'HEAD']),
  git('bundles', [...work, 'bundle', 'create', '-q', '/tmp/a.bundle', 'HEAD']),
  git('verifies a bundle', [...work, 'bundle', 'verify', '-q', '/tmp/a.bundle']),
  git('formats a patch', [...work, 'format-patch', '-1', '-o', '/tmp/patches'], { match: /0001-/ }),
  git('reverts', [...work, 'revert', '--no-edit', 'HEAD~1'], { match: /Revert/ }),
  git('bisects', [...work, 'bisect', 'start', 'HEAD', 'HEAD~1'], {
    match: /first bad commit|bisect|Bisecting/i,
  }),
];

const upkeep = [
  git('packs', [...at, 'gc', '-q']),
  git('checks', [...at, 'fsck']),
  git('repacks', [...at, 'repack', '-adfq']),
  git('filters history', [...work, 'filter-branch', '-f', '--msg-filter', 'cat', 'HEAD~1..HEAD'], {
    match: /rewritten|unchanged|WARNING/i,
  }),
  git('has submodules', [
    ...work,
    '-c',
    'protocol.file.allow=always',
    'submodule',
    '--quiet',
    'add',
    '-f',
    '/srv/git/library',
    'inner',
  ]),
  git('initialises from its templates', ['init', '-q', '/tmp/new']),
  execCheck('lays hooks there', ['ls', '/tmp/new/.git/hooks'], { match: /pre-commit\.sample/ }),
  execCheck('runs a hook', [
    'sh',
    '-c',
    'cd /tmp/new && printf "#!/bin/sh\\nexit 1\\n" >.git/hooks/pre-commit && chmod +x .git/hooks/pre-commit && touch a && git add a && ! git commit -qm x',
  ]),
  git('speaks HTTP in its helper', ['ls-remote', 'http://127.0.0.1:9/none'], {
    exitCode: 128,
    stderr: /unable to access.*refused|Failed to connect|Couldn't connect/,
  }),
  git('speaks HTTPS in its helper', ['ls-remote', 'https://127.0.0.1:9418/none'], {
    exitCode: 128,
    stderr: /unable to access/,
  }),
  git('calls ssh', ['ls-remote', 'ssh://127.0.0.1:9/none'], {
    exitCode: 128,
    stderr: /ssh: connect to host 127\.0\.0\.1/,
  }),
  execCheck('pages', ['sh', '-c', 'GIT_PAGER=less LESS=FRX git -C /tmp/work log | head -1'], {
    match: /commit/,
  }),
  execCheck(
    'edits in an editor',
    [
      'sh',
      '-c',
      'cd /tmp/work && GIT_EDITOR="sed -i s/Revert/Undo/" git commit -q --amend && git log -1 --format=%s',
    ],
    { match: /Undo/ },
  ),
  git('serves over HTTP', ['http-backend'], { match: /Status: 500/ }),
  git('mails are parsed', ['mailinfo', '/tmp/msg', '/tmp/patch'], {
    input:
      'From: A <a@example.org>\nSubject: [PATCH] Käse\nContent-Type: text/plain; charset=ISO-8859-1\n\nbody\n',
    match: /Subject: /,
  }),
  git('recodes commits', [...work, '-c', 'i18n.logOutputEncoding=ISO-8859-1', 'log', '-1', '--format=%s']),
  git('adds interactively', [...work, 'add', '-p'], { input: 'q\n' }),
  git('lists its commands', ['help', '-a'], { match: /cherry-pick/ }),
  git('merges octopus-wise', [...work, 'merge', '-q', 'main', '-m', 'Merge'], { match: /^/ }),
  git('counts objects', [...at, 'count-objects', '-v'], { match: /packs: 1/ }),
  git('signs', [...work, 'commit', '-q', '-S', '--allow-empty', '-m', 'signed'], {
    exitCode: 128,
    stderr: /gpg failed|No secret key/,
  }),
];

export const functional = defineFullTest({
  name: 'git',
  ports: [9418],
  isReady: async ({ exec }) => (await exec(['git', 'ls-remote', 'git://127.0.0.1/library'])).exitCode === 0,
  checks: [...everyday, ...upkeep],
});
