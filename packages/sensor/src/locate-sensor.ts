import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SensorRecordError } from './sensor-record-error.ts';
import { sensorVersion } from './version.ts';

/** A prebuilt sensor on this machine. */
export interface SensorBinary {
  /** Absolute. The directory that it lies in holds nothing else. */
  readonly path: string;
  readonly arch: 'amd64' | 'arm64';
  /** Lower-case hex. */
  readonly sha256: string;
  readonly version: string;
}

/** Directory below prebuilt/ by the image spec's architecture. */
const directories = { amd64: 'linux-x64', arm64: 'linux-arm64' } as const;

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SensorRecordError('sensor-missing', `cannot read ${path} of the sensor package`, { cause });
  }
}

/**
 * Finds the prebuilt sensor for a kernel's architecture and compares it with its hash in SHA256SUMS. Throws
 * SensorRecordError `sensor-missing` or `sensor-hash-mismatch`.
 *
 * `prebuiltDir` is where the binaries lie, for who bundles this package; the package's own when left out.
 */
export function locateSensor(
  arch: 'amd64' | 'arm64',
  prebuiltDir: string = fileURLToPath(new URL('../prebuilt', import.meta.url)),
): SensorBinary {
  const name = `${directories[arch]}/pare-sensor`;
  const path = `${prebuiltDir}/${name}`;
  const line = read(`${prebuiltDir}/SHA256SUMS`)
    .toString('utf8')
    .split('\n')
    .find((entry) => entry.endsWith(`  ${name}`));
  const sha256 = createHash('sha256').update(read(path)).digest('hex');
  if (line?.slice(0, sha256.length) !== sha256) {
    throw new SensorRecordError(
      'sensor-hash-mismatch',
      `${path} has SHA-256 ${sha256}, not the one that SHA256SUMS names`,
    );
  }
  return { path, arch, sha256, version: sensorVersion };
}
