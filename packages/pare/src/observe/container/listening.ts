import { readFileSync } from 'node:fs';

/** A TCP socket in the state LISTEN. */
export interface ListeningSocket {
  readonly address: string;
  readonly port: number;
  /** Whether it is bound to a loopback address, so that nothing outside the container can reach it. */
  readonly loopback: boolean;
}

/** TCP_LISTEN of the kernel's include/net/tcp_states.h. */
const listenState = '0A';

/** The listening sockets of a process' network namespace. */
export interface ListeningWatch {
  /** Undefined when the process has ended, or its `/proc` cannot be read. */
  sockets(): readonly ListeningSocket[] | undefined;
}

/** One that closes and one that opens between two looks leave their number as it was. */
const unchangedLimitMs = 200;

/**
 * Begins watching the TCP sockets of the process that the engine's host knows as `hostPid`: cheap to ask often while none opens or closes.
 * Only for engines that share this machine's kernel.
 */
export function watchListening(hostPid: number | undefined): ListeningWatch {
  let known:
    | { readonly counts: string; readonly at: number; readonly sockets: readonly ListeningSocket[] }
    | undefined;
  return {
    sockets() {
      if (hostPid === undefined) return undefined;
      try {
        // Before the tables: what opens in between is another number the next time.
        const counts = readSocketCounts(hostPid);
        const at = performance.now();
        if (known === undefined || known.counts !== counts || at - known.at >= unchangedLimitMs)
          known = { counts, at, sockets: readSocketTables(hostPid, counts).flatMap(parseProcNetTcp) };
        return known.sockets;
      } catch (error) {
        if (isGone(error)) return undefined;
        throw error;
      }
    },
  };
}

/** TIME_WAIT and CLOSE of the same: nobody waits for anything there. */
const goneStates: ReadonlySet<string> = new Set(['06', '07']);
const socketLine = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /;

/** Whether a process' network namespace has TCP connections, or ones that are being made; true where it cannot be seen. */
export function hasConnections(hostPid: number): boolean {
  try {
    return readSocketTables(hostPid, readSocketCounts(hostPid)).some(tellsOfConnections);
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

/** How many TCP sockets listen or are connected, as `/proc/net/sockstat` and `sockstat6` say: the kernel has these numbers at hand. */
function readSocketCounts(hostPid: number): string {
  return [readNet(hostPid, 'sockstat'), readNet(hostPid, 'sockstat6')].map(countOfSockets).join(' ');
}

/** Undefined in another form of the file. */
export function countOfSockets(sockstat: string): number | undefined {
  const count = /^TCP6?: inuse (\d+)/m.exec(sockstat)?.[1];
  return sockstat === '' ? 0 : count === undefined ? undefined : Number(count);
}

/**
 * For each of its tables the kernel looks through all that it has for every namespace, which takes milliseconds: none that has no
 * sockets is asked for. At once: on a busy event loop, reading in its turns takes ten times as long.
 */
function readSocketTables(hostPid: number, counts: string): readonly string[] {
  if (counts === '0 0') return [];
  return [readNet(hostPid, 'tcp'), readNet(hostPid, 'tcp6')];
}

/** Empty where a kernel without IPv6 has no such file. As UTF-8, which Node reads in one native call: ten times as fast as other texts. */
function readNet(hostPid: number, name: string): string {
  try {
    return readFileSync(`/proc/${hostPid}/net/${name}`, 'utf8');
  } catch (error) {
    if (name.endsWith('6') && (error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** EINVAL: a zombie has no network namespace any more. */
function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EINVAL';
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
