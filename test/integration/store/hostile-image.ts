import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import {
  type Digest,
  digestOf,
  digestOfStream,
  hostPath,
  type Image,
  type Layer,
  makeImage,
  openTarLayer,
} from '@pare/oci';

/** Runs a shell script; returns its standard output. */
export async function runShell(script: string, directory: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-ec', script], { cwd: directory });
  return stdout;
}

/** An image whose one layer is a tar on the disk. */
export async function imageOfTar(path: string): Promise<Image> {
  const { digest } = await digestOfStream(createReadStream(path));
  return imageOfLayer(openTarLayer({ diffId: digest, file: hostPath(path) }));
}

function imageOfLayer(layer: Layer): Image {
  const config = { architecture: 'amd64', os: 'linux', config: {}, history: [] } as const;
  return makeImage({
    reference: 'hostile',
    config: { ...config, rootfs: { type: 'layers', diff_ids: [] } },
    layers: [layer],
  });
}

const memberBytes = 16 * 1024 * 1024;
const members = 200;

/** 3 MB that unfold to 3 GB: many members of gzip in a row, as RFC 1952 allows. */
export function bombBlob(): Buffer {
  const member = gzipSync(Buffer.alloc(memberBytes));
  return Buffer.concat(Array.from({ length: members }, () => member));
}

/** An image whose one layer is such a blob. */
export function bombImage(): Image {
  const blob = bombBlob();
  const digest = digestOf(blob);
  const chunks = async function* () {
    yield blob;
  };
  const layer: Layer = {
    diffId: digestOf(Buffer.from('whatever it claims')),
    async *entries() {},
    open: chunks,
    tar: chunks,
    blob: () => Promise.resolve({ mediaType: 'x', digest, sizeBytes: blob.length, read: chunks }),
  };
  return imageOfLayer(layer);
}

/** A tar of one empty file with a name that no writer of ours would write, as a GNU long name. */
export function tarWithName(name: string): Buffer {
  if (name.includes('\0')) return tarWithPaxName(name);
  const bytes = Buffer.from(`${name}\0`);
  const content = Buffer.alloc(Math.ceil(bytes.length / 512) * 512);
  bytes.copy(content);
  return Buffer.concat([
    header('././@LongLink', 'L', bytes.length),
    content,
    header('short', '0', 0),
    Buffer.alloc(1024),
  ]);
}

/** Only a PAX record can hold a NUL. */
function tarWithPaxName(name: string): Buffer {
  const body = ` path=${name}\n`;
  const record = `${body.length + 2}${body}`;
  const content = Buffer.alloc(512);
  content.write(record, 'latin1');
  return Buffer.concat([
    header('PaxHeaders/x', 'x', record.length),
    content,
    header('short', '0', 0),
    Buffer.alloc(1024),
  ]);
}

const filesPerDirectory = 1000;

/** Writes a tar of that many files of one byte; gives its digest. */
export async function manyFiles(path: string, count: number): Promise<Digest> {
  const chunks = function* () {
    for (let first = 0; first < count; first += filesPerDirectory) {
      const parts: Buffer[] = [];
      for (let at = first; at < Math.min(count, first + filesPerDirectory); at += 1)
        parts.push(header(`many/d${first / filesPerDirectory}/f${at}`, '0', 1), Buffer.alloc(512, 'x'));
      yield Buffer.concat(parts);
    }
    yield Buffer.alloc(1024);
  };
  await pipeline(chunks, createWriteStream(path));
  return (await digestOfStream(createReadStream(path))).digest;
}

function header(name: string, type: string, sizeBytes: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 'latin1');
  block.write('0000644\0', 100, 'latin1');
  block.write('0000000\0', 108, 'latin1');
  block.write('0000000\0', 116, 'latin1');
  block.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write('00000000000\0', 136, 'latin1');
  block.write(`        ${type}`, 148, 'latin1');
  block.write('ustar  \0', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
