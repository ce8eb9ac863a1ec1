import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath } from '@pare/oci';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineInfo } from '../../ports/container-engine.ts';
import { seccompOption } from './seccomp-option.ts';

const profile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 1,
  archMap: [],
  syscalls: [],
} as const;

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pare-seccomp-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function optionFor(engine: Pick<EngineInfo, 'kind' | 'local'>, name = 'one'): Promise<string> {
  const info: EngineInfo = {
    name: '',
    version: '',
    apiVersion: '1.41',
    architecture: 'amd64',
    kernel: '',
    operatingSystem: '',
    ...engine,
  };
  return seccompOption(profile, { info, name, temporaryDirectory: hostPath(directory) });
}

describe('seccompOption', () => {
  it('gives Docker the profile itself, wherever it is', async () => {
    for (const local of [true, false])
      expect(await optionFor({ kind: 'docker', local })).toBe(`seccomp=${JSON.stringify(profile)}`);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('gives Podman a file for each container', async () => {
    const options = [
      await optionFor({ kind: 'podman', local: true }, 'one'),
      await optionFor({ kind: 'podman', local: true }, 'two'),
    ];
    expect(new Set(options).size).toBe(2);
    for (const option of options)
      expect(JSON.parse(readFileSync(option.replace('seccomp=', ''), 'utf8'))).toEqual(profile);
  });

  it('refuses a Podman elsewhere, which could not read the file', async () => {
    await expect(optionFor({ kind: 'podman', local: false })).rejects.toMatchObject({
      code: 'engine-failed',
    });
    expect(readdirSync(directory)).toEqual([]);
  });
});
