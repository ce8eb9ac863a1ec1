import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath } from '@pare/oci';
import { afterAll, describe, expect, test } from 'vitest';
import type { HostAddress } from '../http/http-port.ts';
import type { ProbeOf } from '../probe.ts';
import { addressVariables, hostProbe } from './index.ts';

const directory = mkdtempSync(join(tmpdir(), 'pare-host-probe-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const published = new Map<number, HostAddress>([
  [8080, { host: '127.0.0.1', port: 49_152 }],
  [9000, { host: '127.0.0.1', port: 49_153 }],
]);

async function run(
  command: string,
  over: Partial<ProbeOf<'host'>> = {},
  addresses = published,
  signal = new AbortController().signal,
) {
  if (hostProbe.needs !== 'machine') throw new Error('not a probe of this machine');
  const workdir = hostPath(directory);
  return hostProbe.run(
    { kind: 'host', command, env: {}, workdir, timeoutMs: 5000, ...over },
    { addresses, signal },
  );
}

describe('the host probe', () => {
  test('tells the command where the application is', async () => {
    const variables = [
      'PARE_HOST',
      'PARE_PORT',
      'PARE_URL',
      'PARE_PORT_8080',
      'PARE_PORT_9000',
      'OWN',
      'PWD',
    ];
    const [answer] = await run(`echo ${variables.map((name) => `$${name}`).join(' ')}`, {
      env: { OWN: 'mine' },
    });
    expect(answer).toMatchObject({
      kind: 'exec',
      onHost: true,
      exitCode: 0,
      stdout: `127.0.0.1 49152 http://127.0.0.1:49152 49152 49153 mine ${directory}\n`,
    });
  });

  test('writes an address of IPv6 as URLs have it', () => {
    expect(addressVariables(new Map([[80, { host: '::1', port: 1 }]])).PARE_URL).toBe('http://[::1]:1');
    expect(addressVariables(new Map())).toEqual({});
  });

  test('marks an exit code that is not the expected one', async () => {
    expect(await run('echo broken >&2; exit 3', { expect: { exitCode: 0 } })).toMatchObject([
      { exitCode: 3, stderr: 'broken\n', unmet: ['exit code 0 was expected, it is 3'] },
    ]);
  });

  test('gives a unix socket a port of this machine while the command runs', async () => {
    const path = hostPath(join(directory, 'app.sock'));
    const server = createServer((socket) => socket.end('through the socket\n'));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const script = `require('net').connect(process.env.PARE_PORT, process.env.PARE_HOST).pipe(process.stdout)`;
    const answers = await run(`"${process.execPath}" -e "${script}"`, {}, new Map([[80, { path }]]));
    server.close();
    expect(answers).toMatchObject([{ exitCode: 0, stdout: 'through the socket\n' }]);
  });

  test('ends everything that it started when the time is up', async () => {
    const answers = await run('(sleep 30; touch late) & echo $! > child; wait', { timeoutMs: 300 });
    expect(answers).toMatchObject([{ kind: 'failed', message: 'did not end within 0.3 s' }]);
    const child = Number((await import('node:fs')).readFileSync(join(directory, 'child'), 'utf8'));
    await expect.poll(() => existsSync(`/proc/${child}/fd/0`)).toBe(false);
  });

  test('throws the reason of an abort', async () => {
    const abort = new AbortController();
    const running = run('sleep 30', {}, published, abort.signal);
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  });
});
