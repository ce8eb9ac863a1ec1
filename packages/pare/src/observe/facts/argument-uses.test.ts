import { type SensorRecord, syscallNumber } from '@pare/sensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { collectArgumentUses } from './argument-uses.ts';

function value(name: string, index: number, one: bigint, arch: 'x86_64' | 'i386' = 'x86_64') {
  const syscall = syscallNumber(arch, name);
  if (syscall === undefined) throw new Error(`${arch} has no ${name}`);
  return { kind: 'argument', timeNs: 1n, arch, syscall, index, value: one } satisfies SensorRecord;
}

describe('collectArgumentUses', () => {
  test.each([
    ['socket', 0, 2n, 'domain', 'AF_INET'],
    ['socket', 0, 40n, 'domain', 'AF_VSOCK'],
    ['socketpair', 0, 1n, 'domain', 'AF_UNIX'],
    ['clone', 0, 0x10000011n, 'flags', 'CLONE_NEWUSER'],
    ['unshare', 0, 0x60020000n, 'flags', 'CLONE_NEWNS|CLONE_NEWPID|CLONE_NEWNET'],
    ['prctl', 0, 38n, 'option', 'PR_SET_NO_NEW_PRIVS'],
    ['prctl', 0, 24n, 'option', 'PR_CAPBSET_DROP'],
    ['ioctl', 1, 0x8912n, 'request', 'SIOCGIFCONF'],
    ['ptrace', 0, 0x4206n, 'request', 'PTRACE_SEIZE'],
    ['socketcall', 0, 15n, 'call', 'SYS_GETSOCKOPT'],
  ])('names %s argument %i of value %i', (name, index, one, argument, expected) => {
    const uses = collectArgumentUses();
    uses.add(value(name, index, one, name === 'socketcall' ? 'i386' : 'x86_64'), 'serving');
    expect(uses.uses()).toMatchObject([{ syscall: name, argument, value: `${one}`, name: expected }]);
  });

  test('gives no name to a value that is not known whole, and none is lost', () => {
    const uses = collectArgumentUses();
    uses.add(value('ioctl', 1, 0xdeadn), 'serving');
    uses.add(value('socket', 0, 9999n), 'serving');
    expect(uses.uses()).toEqual([
      { arch: 'x86_64', syscall: 'ioctl', argument: 'request', value: '57005', phase: 'serving' },
      { arch: 'x86_64', syscall: 'socket', argument: 'domain', value: '9999', phase: 'serving' },
    ]);
  });

  test('keeps the start-up phase whichever record comes first, and sorts by value as a number', () => {
    const uses = collectArgumentUses();
    uses.add(value('socket', 0, 16n), 'serving');
    uses.add(value('socket', 0, 2n), 'serving');
    uses.add(value('socket', 0, 16n), 'start-up');
    uses.add(value('socket', 0, 16n), 'serving');
    expect(uses.uses().map((use) => [use.name, use.phase])).toEqual([
      ['AF_INET', 'serving'],
      ['AF_NETLINK', 'start-up'],
    ]);
  });

  test('takes any number and any value', () => {
    const anything = fc.record({
      syscall: fc.nat(600),
      index: fc.nat(7),
      value: fc.bigInt(0n, 2n ** 64n - 1n),
    });
    fc.assert(
      fc.property(fc.array(anything), (records) => {
        const uses = collectArgumentUses();
        for (const one of records)
          uses.add({ kind: 'argument', timeNs: 1n, arch: 'x86_64', ...one }, 'serving');
        expect(uses.uses().length).toBeLessThanOrEqual(records.length);
      }),
    );
  });
});
