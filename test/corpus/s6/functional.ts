import assert from 'node:assert/strict';
import {
  answersOk,
  type Check,
  defineFullTest,
  execCheck,
  httpCheck,
  type SampleTarget,
} from '../../../samples/full-test.ts';

/** Asks until the output matches: supervision takes its time. */
const eventually = (title: string, argv: readonly string[], pattern: RegExp): Check => ({
  title,
  async run({ exec }: SampleTarget) {
    let last = '';
    for (const end = Date.now() + 15_000; Date.now() < end; ) {
      const { stdout, stderr } = await exec(argv);
      last = `${stdout}${stderr}`;
      if (pattern.test(last)) return;
    }
    assert.fail(last);
  },
});

export const functional = defineFullTest({
  name: 's6',
  ports: [80],
  isReady: answersOk('/health'),
  checks: [
    httpCheck('serves', '/', { match: /s6/ }),
    execCheck('has s6-svscan as its first process', ['cat', '/proc/1/comm'], { text: 's6-svscan' }),
    execCheck('tells that a service is up', ['s6-svstat', '/etc/services/web'], { match: /^up \(pid \d+/ }),
    execCheck('tells single fields', ['s6-svstat', '-o', 'up,wantedup', '/etc/services/web'], {
      text: 'true true',
    }),
    execCheck('stops a service', ['s6-svc', '-wD', '-d', '/etc/services/web']),
    execCheck('tells that it is down', ['s6-svstat', '/etc/services/web'], {
      match: /^down \(signal SIGTERM\)/,
    }),
    execCheck('ran its finish script', ['cat', '/srv/spool/ended'], { match: /web ended with/ }),
    execCheck('starts it again', ['s6-svc', '-wu', '-u', '/etc/services/web']),
    eventually('serves again', ['busybox', 'wget', '-q', '-O', '-', 'http://127.0.0.1/health'], /up/),
    execCheck('restarts a service that is killed', ['s6-svc', '-k', '/etc/services/web']),
    eventually(
      'serves after the kill',
      ['busybox', 'wget', '-q', '-O', '-', 'http://127.0.0.1/health'],
      /up/,
    ),
    eventually('writes a log through its logger', ['cat', '/var/log/clock/current'], /20\d\d-\d\d-\d\dT/),
    execCheck('stamps lines with TAI64N', ['s6-tai64n'], { input: 'line\n', match: /^@[0-9a-f]{24} line/ }),
    execCheck('reads the stamps', ['s6-tai64nlocal'], {
      input: '@4000000065937d2500000000 line\n',
      match: /^20\d\d-.* line/,
    }),
    execCheck(
      'runs an execline script',
      ['execlineb', '-c', 'backtick -n A { echo x } importas a A echo $a'],
      { text: 'x' },
    ),
    execCheck('branches in execline', ['execlineb', '-c', 'ifelse { false } { echo no } echo yes'], {
      text: 'yes',
    }),
    execCheck('loops in execline', ['execlineb', '-c', 'forx -E i { a b } echo $i'], { text: 'a\nb' }),
    execCheck('pipes in execline', ['execlineb', '-c', 'pipeline { echo piped } cat'], { text: 'piped' }),
    execCheck('drops rights', ['s6-setuidgid', 'nobody', 'id', '-un'], { text: 'nobody' }),
    execCheck('limits', ['s6-softlimit', '-o', '20', 'true']),
    execCheck('locks', ['s6-setlock', '/tmp/lock', 'echo', 'locked'], { text: 'locked' }),
    execCheck('makes a service directory ready for others', ['s6-mkfifodir', '/tmp/fifo']),
    execCheck('cleans a fifo directory', ['s6-cleanfifodir', '/tmp/fifo']),
    execCheck('makes environments of directories', ['s6-envdir', '/srv/www', 'sh', '-c', 'echo "$health"'], {
      text: 'up',
    }),
    execCheck('listens on a socket', ['s6-ipcserver-socketbinder', '/tmp/socket', 'true']),
    execCheck('links a new service in', [
      'sh',
      '-c',
      'mkdir -p /tmp/new && printf "#!/bin/sh\\nexec sleep 1000\\n" >/tmp/new/run && chmod +x /tmp/new/run && ln -s /tmp/new /etc/services/new && s6-svscanctl -a /etc/services',
    ]),
    eventually('supervises the new service', ['s6-svstat', '/etc/services/new'], /^up/),
    execCheck('has busybox’s other names', ['busybox', 'awk', 'BEGIN { print 6 * 7 }'], { text: '42' }),
    {
      title: 'comes up again',
      run: ({ restart }) => restart(),
    },
  ],
});
