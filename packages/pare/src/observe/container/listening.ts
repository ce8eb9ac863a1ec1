import { readFile } from 'node:fs/promises';

/** A TCP socket in the state LISTEN. */
export interface ListeningSocket {
  readonly address: string;
  readonly port: number;
  /** Whether it is bound to a loopback address, so that nothing outside the container can reach it. */
  readonly loopback: boolean;
}

/** TCP_LISTEN of the kernel's include/net/tcp_states.h. */
const listenState = '0A';

/**
 * The listening TCP sockets of a process' network namespace; undefined when it has ended, or its `/proc` cannot be
 * read. Only for engines that share this machine's kernel.
 */
export async function readListening(hostPid: number): Promise<readonly ListeningSocket[] | undefined> {
  try {
    return (await readSocketTables(hostPid)).flatMap(parseProcNetTcp);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // EINVAL: a zombie has no network namespace any more.
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EINVAL') return undefined;
    throw error;
  }
}

/** TIME_WAIT and CLOSE of the same: nobody waits for anything there. */
const goneStates: ReadonlySet<string> = new Set(['06', '07']);
const socketLine = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /;

/** Whether a process' network namespace has TCP connections, or ones that are being made; true where it cannot be seen. */
export async function hasConnections(hostPid: number): Promise<boolean> {
  try {
    return (await readSocketTables(hostPid)).some(tellsOfConnections);
  } catch {
    return true;
  }
}

/** Whether a `/proc/net/tcp` or `tcp6` has sockets that neither listen nor are gone. */
export function tellsOfConnections(text: string): boolean {
  return text.split('\n').some((line) => {
    const state = socketLine.exec(line)?.[3];
    return state !== undefined && state !== listenState && !goneStates.has(state);
  });
}

/** The kernel looks through all of its table for each, which takes milliseconds. One without IPv6 has no `tcp6`. */
function readSocketTables(hostPid: number): Promise<readonly string[]> {
  const table = (name: string) => readFile(`/proc/${hostPid}/net/${name}`, 'latin1');
  const six = table('tcp6').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return Promise.all([table('tcp'), six]);
}

/** Parses `/proc/net/tcp` or `tcp6` (proc_net(5)); lines of another form are passed over. */
export function parseProcNetTcp(text: string): readonly ListeningSocket[] {
  const sockets: ListeningSocket[] = [];
  for (const line of text.split('\n')) {
    const match = socketLine.exec(line);
    if (match?.[1] === undefined || match[2] === undefined || match[3] !== listenState) continue;
    const bytes = addressBytes(match[1]);
    sockets.push({
      address: renderAddress(bytes),
      port: Number.parseInt(match[2], 16),
      loopback: isLoopback(bytes),
    });
  }
  return sockets;
}

/** Each group of 8 digits is one 32-bit word of the address in the host's byte order: little-endian on what we run on. */
function addressBytes(hex: string): readonly number[] {
  const words = hex.match(/.{8}/g) ?? [];
  return words.flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)),
  );
}

/** `::ffff:a.b.c.d` is the IPv4 address (RFC 4291 section 2.5.5.2). */
function isMapped(bytes: readonly number[]): boolean {
  return (
    bytes.length === 16 &&
    bytes.slice(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 0xff &&
    bytes[11] === 0xff
  );
}

function isLoopback(bytes: readonly number[]): boolean {
  if (bytes.length === 4) return bytes[0] === 127;
  if (isMapped(bytes)) return bytes[12] === 127;
  return bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1;
}

function renderAddress(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  if (isMapped(bytes)) return bytes.slice(12).join('.');
  if (bytes.every((byte) => byte === 0)) return '[::]';
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  return `[${groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::')}]`;
}
