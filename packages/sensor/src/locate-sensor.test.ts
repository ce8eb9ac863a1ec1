import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateSensor } from './locate-sensor.ts';
import { sensorVersion } from './version.ts';

let copy = '';
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'pare-sensor-locate-'));
  cpSync(fileURLToPath(new URL('../prebuilt', import.meta.url)), copy, { recursive: true });
});
afterEach(() => rmSync(copy, { recursive: true }));

describe('locateSensor', () => {
  it.each(['amd64', 'arm64'] as const)('finds the binary for %s with its hash', (arch) => {
    const sensor = locateSensor(arch);
    expect(sensor).toMatchObject({ arch, version: sensorVersion });
    expect(sensor.path).toMatch(/\/pare-sensor$/);
    expect(sensor.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses a binary that is not the one that was built', () => {
    writeFileSync(join(copy, 'linux-x64/pare-sensor'), 'something else');
    expect(() => locateSensor('amd64', copy)).toThrowError(
      expect.objectContaining({ code: 'sensor-hash-mismatch' }),
    );
    expect(locateSensor('arm64', copy).arch).toBe('arm64');
  });

  it('refuses a hash file that does not name the binary', () => {
    writeFileSync(join(copy, 'SHA256SUMS'), '');
    expect(() => locateSensor('amd64', copy)).toThrowError(
      expect.objectContaining({ code: 'sensor-hash-mismatch' }),
    );
  });

  it('says which file is missing', () => {
    rmSync(join(copy, 'linux-x64'), { recursive: true });
    expect(() => locateSensor('amd64', copy)).toThrowError(
      expect.objectContaining({
        code: 'sensor-missing',
        message: expect.stringContaining('linux-x64/pare-sensor'),
      }),
    );
  });
});
