import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ubiquitousCalls } from '@pare/sensor';
import { memoryTree } from '@pare/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hardenImage } from '../../packages/pare/src/harden/harden.ts';
import { runToEnd } from '../../packages/pare/src/model/event-loop-turn.ts';
import type { HardeningProfile } from '../../packages/pare/src/model/hardening-profile.ts';
import type { Observation } from '../../packages/pare/src/model/observation.ts';
import { capabilityNumber } from '../../packages/pare/src/observe/facts/capability-number.ts';
import { observationOf } from '../../packages/pare/src/observe/observation-of.ts';
import { type Outcome, recordsOf, runPlain, runTraced, type Traced } from './sensor/run-sensor.ts';

let directory = '';
const program = '/fixtures/capabilities';
const mount = (): string[] => ['--volume', `${directory}:/fixtures:ro`];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pare-test-capabilities-'));
  const source = fileURLToPath(new URL('./sensor/fixtures/capabilities.c', import.meta.url));
  execFileSync('gcc', ['-O1', '-static', '-o', join(directory, 'capabilities'), source]);
});
afterAll(() => rmSync(directory, { recursive: true }));

const bit = (name: string): bigint => 1n << BigInt(capabilityNumber(name) ?? -1);
/** Docker's own, and `extra` beyond it, as the sensor is given them. */
const maskOf = (extra: readonly string[]): string =>
  extra.reduce((mask, name) => mask | bit(name), 0xa80425fbn).toString(16);
const added = (names: readonly string[]): string[] => names.flatMap((name) => ['--cap-add', name]);

/** Whether Docker can give the capability on this machine at all. */
function canBeGiven(name: string): boolean {
  const bounding = /^CapBnd:\s+(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${bounding}`) & bit(name)) !== 0n;
}

function observe(what: string, extra: readonly string[]): Promise<Traced> {
  return runTraced({
    docker: [...mount(), ...added(extra)],
    sensor: ['--caps', maskOf(extra)],
    argv: [program, what],
  });
}

function observationFrom({ bytes, code }: Traced): Observation {
  const exercised = { answers: [], listening: [], logTail: [], probes: [], unexposed: [], readyAfterMs: 0 };
  return observationOf({
    result: { ...exercised, exitCode: code ?? undefined },
    traces: [{ record: bytes, marks: { readyNs: undefined, probes: [] }, container: 0 }],
    image: { reference: 'capabilities', id: 'sha256:0' },
    local: true,
    notes: [],
  });
}

const used = ({ capabilities = [] }: Observation): string[] =>
  capabilities.map(({ capability, certainty, why }) => `${certainty} ${capability}: ${why}`);

/** Runs it with nothing but what the profile allows. */
function runHardened(what: string, { capabilities, seccomp }: HardeningProfile): Promise<Outcome> {
  const file = join(directory, `${what}.json`);
  writeFileSync(file, JSON.stringify(seccomp));
  const rights = ['--cap-drop', 'ALL', ...added(capabilities), '--security-opt', `seccomp=${file}`];
  return runPlain({ docker: [...mount(), ...rights], argv: [program, what] });
}

const harden = (observation: Observation): HardeningProfile =>
  runToEnd(
    hardenImage({
      ...{ reference: 'capabilities', observation, plan: { kept: [] }, tree: memoryTree({}) },
      assumedSyscalls: ubiquitousCalls,
    }),
  );

interface Case {
  readonly what: string;
  readonly extra: readonly string[];
  readonly needed: string;
  readonly used: readonly string[];
}

const cases: readonly Case[] = [
  {
    what: 'signal',
    extra: [],
    needed: 'KILL',
    used: [
      'likely CAP_KILL: user 0 beside processes of user 65534',
      'certain CAP_SETGID: setgid(65534)',
      'certain CAP_SETUID: setuid(65534)',
    ],
  },
  {
    what: 'give',
    extra: [],
    needed: 'SETFCAP',
    used: ['certain CAP_SETFCAP: fsetxattr of security.capability'],
  },
  {
    what: 'address',
    extra: ['NET_ADMIN'],
    needed: 'NET_ADMIN',
    used: ['certain CAP_NET_ADMIN: sendto of netlink message 20'],
  },
  {
    what: 'address-message',
    extra: ['NET_ADMIN'],
    needed: 'NET_ADMIN',
    used: ['likely CAP_NET_ADMIN: socket(16, 3, 0)'],
  },
  {
    what: 'raise',
    extra: ['SYS_RESOURCE'],
    needed: 'SYS_RESOURCE',
    used: ['certain CAP_SYS_RESOURCE: prlimit64(0, 4) to 200'],
  },
];

describe('a capability that a program needs', () => {
  it.each(cases)('is seen and named by the profile under which it works: $needed for $what', async (one) => {
    const missing = one.extra.filter((name) => !canBeGiven(name));
    if (missing.length > 0) {
      console.log(`${one.what}: not run whole, this machine cannot give ${missing.join()} to a container`);
      return;
    }
    const seen = await observe(one.what, one.extra);
    expect(seen).toMatchObject({ code: 0, complete: true });
    expect(recordsOf(seen.records, 'loss')).toEqual([]);
    const observation = observationFrom(seen);
    expect(used(observation)).toEqual(one.used);
    const profile = harden(observation);
    expect(profile.capabilities).toContain(one.needed);
    expect(await runHardened(one.what, profile)).toMatchObject({ code: 0, stdout: seen.stdout });
    const others = profile.capabilities.filter((name) => name !== one.needed);
    const refused = await runHardened(one.what, { ...profile, capabilities: others });
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('Operation not permitted') });
  });

  it('is not named for what needs none', async () => {
    const observation = observationFrom(await observe('lower', []));
    expect(used(observation)).toEqual([]);
    expect(harden(observation).capabilities).toEqual(['DAC_OVERRIDE']);
  });

  it('does not count for who does not have it, but what was asked for is in the record', async () => {
    const seen = await observe('raise', []);
    expect(seen).toMatchObject({ code: 1, stdout: 'raise: Operation not permitted\n' });
    expect(used(observationFrom(seen))).toEqual([]);
    const limits = recordsOf(seen.records, 'call').map(({ args }) => [args.get(6), args.get(7)]);
    // Docker's own limit of core files is what the daemon has.
    expect(limits).toEqual([
      [100n, expect.any(BigInt)],
      [200n, 100n],
    ]);
  });
});
