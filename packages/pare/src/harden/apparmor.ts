import type { Observation } from '../model/observation.ts';
import { type FileRules, type FileRulesInput, fileRules } from './apparmor-files.ts';
import { renderPath } from './apparmor-path.ts';
import type { FileRule, Permission } from './apparmor-rule.ts';

/** What an AppArmor profile is made of. */
export interface AppArmorInput extends FileRulesInput {
  /** A profile's name: see `profileName`. */
  readonly name: string;
  readonly observation: Pick<Observation, 'files' | 'processes' | 'sockets' | 'syscalls'>;
  /** Without `CAP_`. */
  readonly capabilities: readonly string[];
  /** Whether system calls were missed: then every kind of network is allowed. */
  readonly widened: boolean;
}

const NAME_LIMIT = 100;

/** A name for the profile of an image: `pare-` and the reference in letters, digits, dots, dashes and underscores. */
export function profileName(reference: string): string {
  const name = reference.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replaceAll(/^-+|-+$/g, '');
  return `pare-${name.slice(0, NAME_LIMIT) || 'image'}`;
}

/**
 * The text of an AppArmor profile (apparmor.d(5)) that allows what was observed and what kept files may need. It includes no
 * other file, so any `apparmor_parser` reads it. Names of files come out of the image: all are escaped. Yields now
 * and then.
 */
export function* apparmorProfile(input: AppArmorInput): Generator<undefined, string> {
  const rules = yield* fileRules(input);
  yield;
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['capabilities', input.capabilities.map((name) => `capability ${name.toLowerCase()},`)],
    ['network', networkRules(input)],
    ['signals and debugging among its own processes, signals from the runtime', processRules(input)],
    ['programs and libraries', renderRules(rules.programs)],
    ['written', renderRules(rules.written)],
    ['read', renderRules(withEngineFiles(rules))],
    ['devices and descriptors that every container has', deviceRules],
  ];
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [`  # ${title}`, ...lines.map((line) => `  ${line}`)].join('\n'));
  return [
    '# Made by Pare. Load it with: apparmor_parser -r -W FILE',
    `# Use it with: docker run --security-opt apparmor=${input.name}`,
    `profile ${input.name} flags=(attach_disconnected,mediate_deleted) {`,
    body.join('\n\n'),
    '}',
    '',
  ].join('\n');
}

function networkRules({ observation, widened }: AppArmorInput): readonly string[] {
  const families = new Set(observation.sockets.map((use) => use.family));
  if (widened || families.has('other')) return ['network,', 'unix,'];
  const rules = ['unix,'];
  if (families.has('inet') || families.has('inet6')) {
    // A socket for both, and a name's resolution, use either; getaddrinfo asks the kernel for its addresses.
    for (const family of ['inet', 'inet6'])
      rules.push(`network ${family} stream,`, `network ${family} dgram,`);
    rules.push('network netlink raw,');
  } else if (families.has('netlink')) rules.push('network netlink raw,');
  return rules;
}

function processRules({ name, observation }: AppArmorInput): readonly string[] {
  const seen = new Set(observation.syscalls.map((use) => use.name));
  const rules = [
    `signal (send,receive) peer=${name},`,
    'signal (receive) peer=unconfined,',
    'signal (receive) peer={docker-default,runc,crun},',
  ];
  if (seen.has('ptrace') || seen.has('process_vm_readv'))
    rules.push(`ptrace (trace,read,tracedby,readby) peer=${name},`);
  return rules;
}

/** The engine mounts these over whatever the image has. */
function withEngineFiles(rules: FileRules): readonly FileRule[] {
  const permissions = new Set<Permission>(['r', 'k']);
  const mounted = ['/etc/hostname', '/etc/hosts', '/etc/resolv.conf'];
  const own = new Set(rules.read.map((rule) => `${rule.extent} ${rule.path}`));
  const missing = mounted.filter((path) => !own.has(`file ${path}`));
  return [...rules.read, ...missing.map((path) => ({ path, extent: 'file', permissions }) as const)];
}

/** Standard streams are checked again when the profile begins to hold. */
const deviceRules: readonly string[] = [
  '/dev/{null,zero,full} rw,',
  '/dev/{random,urandom} r,',
  '/dev/{tty,console,ptmx} rw,',
  '/dev/pts/* rw,',
];

const order: readonly Permission[] = ['m', 'r', 'w', 'l', 'k', 'ix'];

function renderRules(rules: readonly FileRule[]): readonly string[] {
  // Most rules share theirs.
  const letters = new Map<FileRule['permissions'], string>();
  const lettersOf = (permissions: FileRule['permissions']): string => {
    const known = letters.get(permissions);
    if (known !== undefined) return known;
    const made = order.filter((permission) => permissions.has(permission)).join('');
    letters.set(permissions, made);
    return made;
  };
  const lines = rules.map(
    ({ path, extent, permissions }) => `${renderPath(path, extent)} ${lettersOf(permissions)},`,
  );
  return [...new Set(lines)].sort();
}
