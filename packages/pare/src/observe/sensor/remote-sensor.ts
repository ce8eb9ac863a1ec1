import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type ImagePath, readTar, type TarWrite, writeTar } from '@pare/oci';
import type { SensorBinary } from '@pare/sensor';
import { PareError } from '../../model/pare-error.ts';
import type { Container } from '../../ports/container-engine.ts';

/** Name of the application's own record; those of commands beside it have others. */
export const applicationRecord = 'application';

const recordLimitBytes = 512 * 1024 * 1024;

/** Puts the sensor and an empty record directory into a container of an engine that cannot mount our files. */
export async function insertSensor(
  container: Container,
  place: string,
  sensor: SensorBinary,
  signal: AbortSignal,
): Promise<void> {
  const { size } = await stat(sensor.path);
  const common = {
    uid: 0,
    gid: 0,
    mtime: { seconds: 0, nanoseconds: 0 },
    xattrs: new Map<string, Uint8Array>(),
  };
  const members: readonly TarWrite[] = [
    { entry: { ...common, kind: 'directory', path: place as ImagePath, mode: 0o755 } },
    { entry: { ...common, kind: 'directory', path: `${place}/record` as ImagePath, mode: 0o755 } },
    {
      entry: { ...common, kind: 'file', path: `${place}/sensor` as ImagePath, mode: 0o755, sizeBytes: size },
      content: createReadStream(sensor.path),
    },
  ];
  await container.copyIn('/', writeTar(members), signal);
}

/**
 * Fetches the records out of such a container. One that is not there belongs to a command that was not started; the
 * application's is then one that is not whole.
 */
export async function fetchRecords(
  container: Container,
  place: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly Uint8Array[]> {
  const records = new Map<string, Uint8Array>();
  for await (const { header, content } of readTar(container.copyOut(`${place}/record`, signal))) {
    if (header.type !== 'file') continue;
    if (header.sizeBytes > recordLimitBytes) {
      throw new PareError(
        'observation-failed',
        `the sensor's record is larger than ${recordLimitBytes} bytes`,
      );
    }
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(part.slice());
    records.set(header.name.slice(header.name.lastIndexOf('/') + 1), Buffer.concat(parts));
  }
  return names.flatMap((name) => records.get(name) ?? (name === applicationRecord ? new Uint8Array() : []));
}
