import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Debian's docker-registry on a port of this machine. Disposing of it ends it and removes its data. */
export interface RealRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Where it keeps blobs, to damage them. */
  readonly data: string;
}

/** What `htpasswd -B` writes for the user `tester` and the password `secret`. */
export const passwordFile = 'tester:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';

/** How a registry differs from one that lets everybody in over plain HTTP. */
export interface RegistrySettings {
  readonly tls?: {
    readonly certificate: string;
    readonly key: string;
    /** Whose certificates clients must have. */
    readonly clientAuthority?: string;
  };
  /** Its `auth` section, as JSON has it. */
  readonly auth?: object;
}

export async function startRegistry({ auth, tls }: RegistrySettings = {}): Promise<RealRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'pare-registry-'));
  const data = join(directory, 'data');
  const port = await freePort();
  const config = `version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: ${data}}, delete: {enabled: true}}
http: {addr: 127.0.0.1:${port}${tls === undefined ? '' : `, tls: ${tlsSection(tls)}`}}
${auth === undefined ? '' : `auth: ${JSON.stringify(auth)}\n`}`;
  await writeFile(join(directory, 'registry.yml'), config);
  const child = spawn('docker-registry', ['serve', join(directory, 'registry.yml')], { stdio: 'ignore' });
  const dispose = async () => {
    await end(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await answers(port, child);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { host: `127.0.0.1:${port}`, data, [Symbol.asyncDispose]: dispose };
}

function tlsSection({ certificate, clientAuthority, key }: NonNullable<RegistrySettings['tls']>): string {
  const clientcas = clientAuthority === undefined ? {} : { clientcas: [clientAuthority] };
  return JSON.stringify({ certificate, key, ...clientcas });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline) {
    if (failure !== undefined || child.exitCode !== null)
      throw new Error(
        `docker-registry does not start (Debian: docker-registry): ${failure?.message ?? child.exitCode}`,
      );
    if (await canConnect(port)) return;
    await delay(20);
  }
  throw new Error('docker-registry does not listen');
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await closed;
}
