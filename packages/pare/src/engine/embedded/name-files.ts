import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import type { RunOptions } from '../../model/scenario.ts';
import type { RuntimeMount } from './runtime-spec.ts';

/** A name and its address, one line of hosts(5). */
export interface HostEntry {
  readonly address: string;
  readonly names: readonly string[];
}

/** As Docker begins the file. */
const usualEntries: readonly HostEntry[] = [
  { address: '127.0.0.1', names: ['localhost'] },
  { address: '::1', names: ['localhost', 'ip6-localhost', 'ip6-loopback'] },
  { address: 'fe00::0', names: ['ip6-localnet'] },
  { address: 'ff00::0', names: ['ip6-mcastprefix'] },
  { address: 'ff02::1', names: ['ip6-allnodes'] },
  { address: 'ff02::2', names: ['ip6-allrouters'] },
];

/** Makes the text of a container's hosts(5). */
export function renderHosts(entries: readonly HostEntry[]): string {
  return [...usualEntries, ...entries]
    .map(({ address, names }) => `${address}\t${names.join(' ')}\n`)
    .join('');
}

/** Parses `--add-host`: `name:address` or `name=address`, the address also in brackets. Throws PareError `usage`. */
export function parseAddHost(text: string, gateway: string): HostEntry {
  const match = /^([^:=]+)[:=](.+)$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new PareError('usage', `${JSON.stringify(text)} is no host entry`, { hint: 'write name:address' });
  }
  const address = match[2].replace(/^\[(.*)\]$/, '$1');
  return { address: address === 'host-gateway' ? gateway : address, names: [match[1]] };
}

/**
 * The name servers of a container: those it was given, else this machine's. In a container that is led out of this machine
 * `forwarder` stands for those on the machine's loopback device, and those with an IPv6 address, which it does not reach, are left out.
 */
export async function renderResolver(
  run: Pick<RunOptions, 'dns' | 'dnsSearch'>,
  forwarder: string | undefined,
): Promise<string> {
  const { dns = [], dnsSearch = [] } = run;
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  const ours = forwarder === undefined ? text : leadResolverOut(text, forwarder);
  const kept = ours
    .split('\n')
    .filter((line) => !(dns.length > 0 && line.startsWith('nameserver')))
    .filter((line) => !(dnsSearch.length > 0 && /^(search|domain)\b/.test(line)))
    .filter((line) => line.trim() !== '');
  const added = [
    ...dns.map((address) => `nameserver ${address}`),
    ...(dnsSearch.length > 0 ? [`search ${dnsSearch.join(' ')}`] : []),
  ];
  return [...kept, ...added].map((line) => `${line}\n`).join('');
}

/** Without a name server resolv.conf(5) means one on the loopback device. */
export function leadResolverOut(text: string, forwarder: string): string {
  const lines = text.split('\n').map((line) => {
    const address = /^nameserver\s+(\S+)/.exec(line)?.[1];
    return address?.startsWith('127.') || address === '::1' ? `nameserver ${forwarder}` : line;
  });
  const isServer = (line: string) => /^nameserver\s+\S/.test(line);
  const servers = [...new Set(lines.filter((line) => isServer(line) && !line.includes(':')))];
  const rest = lines.filter((line) => !isServer(line));
  return [...(servers.length > 0 ? servers : [`nameserver ${forwarder}`]), ...rest].join('\n');
}

/** Writes the three files that Docker too mounts over the image's, and says how they are mounted. */
export function writeNameFiles(
  bundle: HostPath,
  texts: { readonly hosts: string; readonly resolver: string; readonly hostname: string },
): readonly RuntimeMount[] {
  const files = [
    { name: 'hosts', target: '/etc/hosts', text: texts.hosts },
    { name: 'resolv.conf', target: '/etc/resolv.conf', text: texts.resolver },
    { name: 'hostname', target: '/etc/hostname', text: `${texts.hostname}\n` },
  ];
  return files.map(({ name, target, text }) => {
    const source = join(bundle, name);
    writeFileSync(source, text, { mode: 0o644 });
    return bindMount(hostPath(source), target, false);
  });
}

/** A bind mount with what is mounted below its source, as docker makes it. */
export function bindMount(source: HostPath, target: string, readOnly: boolean): RuntimeMount {
  return {
    destination: target,
    type: 'bind',
    source,
    options: ['rbind', 'rprivate', readOnly ? 'ro' : 'rw'],
  };
}
