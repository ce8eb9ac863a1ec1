import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateSensor, sensorProtocol, sensorVersion } from '../../packages/sensor/src/index.ts';
import { execute } from './sensor/run-sensor.ts';

const sensor = fileURLToPath(new URL('../../packages/sensor', import.meta.url));
let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-test-native-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function script(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await execute('sh', args);
  if (code !== 0) throw new Error(`${args.join(' ')} failed (${code}): ${stderr}`);
  return stdout;
}

/** Compilers on a machine that does much else. */
const timeout = 600_000;

describe('the C source', { timeout }, () => {
  it('passes its tests under the sanitizers of gcc and clang, and writes the golden frames of PROTOCOL.md', async () => {
    const frames = await script(join(sensor, 'native/check.sh'));
    const page = await readFile(join(sensor, 'PROTOCOL.md'), 'utf8');
    const lines = frames.trim().split('\n');
    expect(lines.length).toBe(5);
    for (const line of lines) {
      const [name, ...bytes] = line.split(' ');
      expect(page).toContain(`\`\`\`golden ${name}\n${bytes.join(' ')}\n\`\`\``);
    }
  });

  it('has parsers that no fuzzer breaks within a second each', async () => {
    const lines = (await script(join(sensor, 'native/fuzz/fuzz.sh'), '1')).trim().split('\n');
    expect(lines).toHaveLength(5);
    for (const line of lines) expect(line).toMatch(/^fuzz_\w+: Done [1-9]\d+ runs$/);
  });

  it('builds to the same bytes wherever it lies', async () => {
    await cp(join(sensor, 'native'), join(directory, 'elsewhere/native'), { recursive: true });
    await script(join(sensor, 'native/build.sh'), join(directory, 'a'));
    await script(join(directory, 'elsewhere/native/build.sh'), join(directory, 'b'));
    const sums = await readFile(join(directory, 'a/SHA256SUMS'), 'utf8');
    expect(sums.trim().split('\n')).toHaveLength(2);
    expect(await readFile(join(directory, 'b/SHA256SUMS'), 'utf8')).toBe(sums);
  });
});

describe('the prebuilt binaries', () => {
  const answer = `pare-sensor ${sensorVersion} protocol ${sensorProtocol}\n`;

  it('say the version and protocol of the package', async () => {
    expect(await execute(locateSensor('amd64').path, ['--version'])).toMatchObject({
      stdout: answer,
      code: 0,
    });
    expect(await execute('qemu-aarch64-static', [locateSensor('arm64').path, '--version'])).toMatchObject({
      stdout: answer,
      code: 0,
    });
  });

  it('need no library', async () => {
    for (const arch of ['amd64', 'arm64'] as const) {
      const { stdout } = await execute('readelf', ['-dl', locateSensor(arch).path]);
      expect(stdout).not.toMatch(/INTERP|NEEDED/);
    }
  });

  it('fail with 125 and say why, where nothing can be traced', async () => {
    const path = join(directory, 'no/record');
    expect(await execute(locateSensor('amd64').path, ['run', '--record', path, '--', 'true'])).toEqual({
      code: 125,
      stdout: '',
      stderr: `pare-sensor: cannot open the record ${path}: no such file or directory\n`,
    });
    const emulated = await execute('qemu-aarch64-static', [
      ...[
        locateSensor('arm64').path,
        'run',
        '--record',
        join(directory, 'r'),
        '--no-new-privs',
        '--',
        '/bin/true',
      ],
    ]);
    expect(emulated.code).toBe(125);
    expect(emulated.stderr).toMatch(/^pare-sensor: cannot /);
  });
});
