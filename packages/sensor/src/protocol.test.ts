import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRecordDecoder } from './record-decoder.ts';
import { sensorProtocol, sensorVersion } from './version.ts';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const page = read('../PROTOCOL.md');

function golden(name: string): Buffer {
  const block = page.match(new RegExp(`\`\`\`golden ${name}\\n([0-9a-f \\n]+)\`\`\``))?.[1];
  if (block === undefined) throw new Error(`PROTOCOL.md has no golden frame ${name}`);
  return Buffer.from(block.replaceAll(/\s/g, ''), 'hex');
}

const timeNs = 123_456n;
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

describe('PROTOCOL.md', () => {
  it.each([
    [
      'exec',
      {
        kind: 'exec',
        exec: 2,
        pid: 9,
        parentPid: 1,
        timeNs,
        path: bytes('/bin/ls'),
        argv: [bytes('ls'), bytes('/')],
        argvCut: false,
      },
    ],
    [
      'path',
      {
        kind: 'path',
        exec: 2,
        pid: 9,
        timeNs,
        arch: 'x86_64',
        syscall: 257,
        flags: 0x80000,
        existed: 'yes',
        mode: 0o100644,
        uid: 0,
        gid: 33,
        path: bytes('/etc/passwd'),
      },
    ],
    ['syscall', { kind: 'syscall', exec: 2, timeNs, arch: 'x86_64', syscall: 257 }],
    ['argument', { kind: 'argument', timeNs, arch: 'x86_64', syscall: 41, index: 0, value: 2n }],
    [
      'socket',
      {
        kind: 'socket',
        operation: 'connect',
        exec: 2,
        pid: 9,
        timeNs,
        family: 2,
        port: 80,
        address: new Uint8Array([127, 0, 0, 1]),
      },
    ],
    ['loss', { kind: 'loss', reason: 'unreadable-memory', count: 3, timeNs }],
    [
      'rights',
      {
        kind: 'rights',
        exec: 2,
        pid: 9,
        timeNs,
        uids: [0, 33, 0],
        gids: [0, 33, 0],
        capabilities: 0x401n,
        groups: [4],
      },
    ],
    [
      'call',
      {
        kind: 'call',
        exec: 2,
        pid: 9,
        timeNs,
        arch: 'x86_64',
        syscall: 92,
        args: new Map([
          [1, 33n],
          [2, 0xffffffffn],
        ]),
      },
    ],
    ['note', { kind: 'note', timeNs, message: 'hi' }],
  ])('decodes its golden %s frame', (name, expected) => {
    const decoder = createRecordDecoder();
    const hello = {
      kind: 'hello',
      protocol: 3,
      arch: 'x86_64',
      mode: 'notify',
      layout: 'application-first',
      firstFreePort: 1024,
      timeNs,
      version: '0.2.0',
    };
    expect(decoder.push(Buffer.concat([golden('hello'), golden(name)]))).toEqual([hello, expected]);
    expect(decoder.end()).toEqual({ complete: true });
  });

  it('names the protocol and version that the C source and the package have', () => {
    const header = read('../native/version.h');
    expect(header).toContain(`PARE_SENSOR_VERSION "${sensorVersion}"`);
    expect(header).toContain(`PARE_SENSOR_PROTOCOL ${sensorProtocol}\n`);
    expect(page).toContain(`Protocol **${sensorProtocol}**, version of the sensor **${sensorVersion}**`);
  });

  it('has one version, wherever npm wants it written', () => {
    const lock = JSON.parse(read('../../../package-lock.json')).packages;
    const places = {
      'packages/sensor/package.json': JSON.parse(read('../package.json')).version,
      'packages/pare/package.json': JSON.parse(read('../../pare/package.json')).dependencies['@pare/sensor'],
      'package-lock.json, packages/sensor': lock['packages/sensor'].version,
      'package-lock.json, packages/pare': lock['packages/pare'].dependencies['@pare/sensor'],
    };
    const wrong = Object.entries(places).filter(([, version]) => version !== sensorVersion);
    const hint = `src/version.ts says ${sensorVersion}: change the others, then run npm install --package-lock-only`;
    expect(Object.fromEntries(wrong), hint).toEqual({});
  });
});
