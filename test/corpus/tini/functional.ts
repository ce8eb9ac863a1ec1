import assert from 'node:assert/strict';
import { type Check, defineFullTest, execCheck, type SampleTarget } from '../../../samples/full-test.ts';

/** Asks until the answer holds; a signal's effect comes a little later. */
async function until(
  target: SampleTarget,
  argv: readonly string[],
  holds: (stdout: string) => boolean,
): Promise<void> {
  let last = '';
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    last = (await target.exec(argv)).stdout;
    if (holds(last)) return;
  }
  assert.fail(last);
}

const processes = [
  'sh',
  '-c',
  'for d in /proc/[0-9]*; do read -r _ name state parent _ <$d/stat && echo "$name $state $parent"; done',
];

const once = (
  title: string,
  argv: readonly string[],
  exitCode: number,
  output: RegExp,
  options: readonly string[] = [],
): Check => ({
  title,
  async run({ runOnce }) {
    const result = await runOnce(argv, options);
    assert.equal(result.exitCode, exitCode, result.stderr);
    assert.match(`${result.stdout}${result.stderr}`, output);
  },
});

export const functional = defineFullTest({
  name: 'tini',
  ports: [],
  isReady: async ({ logs }) => /ready as worker/.test(await logs()),
  checks: [
    execCheck('has tini as its first process', ['cat', '/proc/1/comm'], { text: 'tini' }),
    execCheck('runs its work as its user', ['sh', '-c', 'id -un; stat -c %U /srv/state/run'], {
      text: 'root\nworker',
    }),
    execCheck('changes users', ['gosu', 'worker', 'id', '-un'], { text: 'worker' }),
    execCheck('changes users by number', ['gosu', '65534:65534', 'id', '-u'], { text: '65534' }),
    execCheck('refuses an unknown user', ['gosu', 'nobody2', 'id'], {
      exitCode: 1,
      stderr: /unable to find user/,
    }),
    {
      title: 'forwards signals to the worker',
      async run(target) {
        await target.exec(['kill', '-HUP', '1']).then(async ({ exitCode }) => {
          if (exitCode !== 0) await target.exec(['sh', '-c', 'kill -HUP 1']);
        });
        for (const end = Date.now() + 10_000; Date.now() < end; )
          if (/reloaded/.test(await target.logs())) return;
        assert.fail(await target.logs());
      },
    },
    {
      title: 'buries orphans',
      async run(target) {
        await target.exec(['sh', '-c', 'kill -USR1 1']);
        for (const end = Date.now() + 10_000; Date.now() < end; )
          if (/orphaned/.test(await target.logs())) break;
        await until(target, processes, (stdout) => !/ Z /.test(stdout) && /^\(tini\) S 0$/m.test(stdout));
      },
    },
    once('gives the exit code of its command', ['sh', '-c', 'exit 3'], 3, /tini/),
    once('says that a command is missing', ['no-such-command'], 1, /not found/),
    once(
      'runs another command as its user',
      ['sh', '-c', 'id -un; echo "$HOME"'],
      0,
      /worker\n\/home\/worker/,
    ),
    once('keeps its messages', ['true'], 0, /\[INFO {2}tini \(1\)\] Main child exited normally/),
    once('tells its version', ['--version'], 0, /tini version/, ['--entrypoint', 'tini']),
    once('warns when it is not the first', ['true'], 0, /Tini is not running as PID 1/, [
      '--init',
      '--entrypoint',
      'tini',
      '-e',
      'X=y',
    ]),
    execCheck('parses a crontab of its own', ['crontab', '-'], { input: '* * * * * true\n' }),
    execCheck('shows the crontab', ['crontab', '-l'], { text: '* * * * * true' }),
    execCheck('has a mail of the day in its own locale', ['date', '-u', '-d', '@0', '+%a %d %b'], {
      text: 'Thu 01 Jan',
    }),
    {
      title: 'ends by the worker’s own choice',
      async run(target) {
        await target.restart();
        for (const end = Date.now() + 10_000; Date.now() < end; ) {
          if (/stopping[\s\S]*ready as worker/.test(await target.logs())) return;
        }
        assert.fail(await target.logs());
      },
    },
  ],
});
