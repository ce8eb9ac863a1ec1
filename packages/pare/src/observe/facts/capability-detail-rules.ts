import { certain, likely, type Need, type Rule } from './privileged-call.ts';

/** What the sensor found where a call's argument points (PROTOCOL.md, frame 10): numbered behind the six arguments. */
const firstFinding = 6;
const secondFinding = 7;

/** kernel: kernel/sys.c, do_prlimit. Lowering, and raising the soft limit up to the hard one, is everybody's. */
const raisesHardLimit: Rule = ({ args }) => {
  const asked = args.get(firstFinding);
  const present = args.get(secondFinding);
  if (asked === undefined) return undefined;
  if (present === undefined) return likely('CAP_SYS_RESOURCE');
  return asked > present ? certain('CAP_SYS_RESOURCE') : undefined;
};

/** Classes of names, as the sensor numbers them. */
const capabilityName = 1n;
const securityOrTrusted: readonly bigint[] = [2n, 3n];

/** kernel: security/commoncap.c, cap_inode_setxattr and cap_convert_nscap. */
const attribute: Rule = ({ args }) => {
  const name = args.get(firstFinding);
  if (name === capabilityName) return certain('CAP_SETFCAP');
  return name !== undefined && securityOrTrusted.includes(name) ? certain('CAP_SYS_ADMIN') : undefined;
};

/** linux/netlink.h */
const netlinkProtocols = { route: 0n, xfrm: 6n, netfilter: 12n, generic: 16n } as const;
const administered: ReadonlySet<bigint> = new Set(Object.values(netlinkProtocols));
/** Below are messages of every protocol; above, of linux/rtnetlink.h, the lowest two bits say new, delete, get or set. */
const firstMessage = 16n;
const asksOnly = 2n;

/**
 * Most programs send on it what the sensor lets through unseen: whether they ask or change is not known. The C library
 * asks for the addresses of this machine in this way.
 */
export function netlinkSocket(protocol: bigint): Need | undefined {
  return administered.has(protocol) ? likely('CAP_NET_ADMIN') : undefined;
}

/** kernel: net/core/rtnetlink.c, net/xfrm/xfrm_user.c and net/netfilter/nfnetlink.c, which refuse questions too. */
const netlinkMessage: Rule = ({ args }) => {
  const type = args.get(firstFinding);
  const protocol = args.get(secondFinding);
  if (type === undefined || type < firstMessage) return undefined;
  const needed =
    protocol === netlinkProtocols.netfilter ||
    protocol === netlinkProtocols.xfrm ||
    (protocol === netlinkProtocols.route && (type & 3n) !== asksOnly);
  return needed ? certain('CAP_NET_ADMIN') : undefined;
};

/** linux/netfilter_ipv4/ip_tables.h; the sensor shows only options that need a capability. */
const replacesPacketFilter = 64n;

const socketOption: Rule = ({ args }) =>
  args.get(2) === replacesPacketFilter ? certain('CAP_NET_ADMIN') : likely('CAP_NET_ADMIN');

/** Rules of calls whose need is in memory that an argument points at. */
export const detailRules: readonly (readonly [string, Rule])[] = [
  ...['setrlimit', 'prlimit64'].map((name) => [name, raisesHardLimit] as const),
  ...['', 'l', 'f'].flatMap((letter) =>
    ['set', 'remove'].map((verb) => [`${letter}${verb}xattr`, attribute] as const),
  ),
  ...['setxattrat', 'removexattrat'].map((name) => [name, attribute] as const),
  ['sendto', netlinkMessage],
  ['setsockopt', socketOption],
];

/** What was found, as a person would say it behind the call's name; empty where there is nothing to say. */
export function findingText(name: string, args: ReadonlyMap<number, bigint>): string {
  const first = args.get(firstFinding);
  if (first === undefined) return '';
  if (name.endsWith('limit') || name === 'prlimit64') return ` to ${limitText(first)}`;
  if (name.includes('xattr')) return first === capabilityName ? ' of security.capability' : '';
  return name === 'sendto' ? ` of netlink message ${first}` : '';
}

const unlimited = 2n ** 64n - 1n;
const limitText = (limit: bigint): string => (limit === unlimited ? 'unlimited' : `${limit}`);
