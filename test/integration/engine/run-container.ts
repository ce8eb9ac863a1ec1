import { request } from 'node:http';
import type { RunOptions } from '../../../packages/pare/src/model/scenario.ts';
import type {
  Container,
  ContainerEngine,
  ContainerSpec,
  PublishedPort,
} from '../../../packages/pare/src/ports/container-engine.ts';
import { plainRun, plainSpec } from '../../../packages/testkit/src/index.ts';

/** A spec with Docker's defaults and without the image's health check. */
export function specOf(
  image: string,
  run: Partial<RunOptions> = {},
  rest: Partial<ContainerSpec> = {},
): ContainerSpec {
  return {
    ...plainSpec,
    image,
    run: { ...plainRun, ...run },
    ...rest,
  };
}

/** Runs a container to its end and gives what it said and its exit code. */
export async function outcomeOf(engine: ContainerEngine, spec: ContainerSpec) {
  await using container = await engine.createContainer(spec);
  const [exitCode, output] = await Promise.all([container.wait(), readAll(container), container.start()]);
  return { ...output, exitCode };
}

async function readAll(container: Container) {
  const said = { stdout: '', stderr: '' };
  for await (const { stream, data } of container.logs()) said[stream] += Buffer.from(data);
  return said;
}

/** A command line of the shell. */
export const shell = (script: string) => ({ argv: ['sh', '-c', script] });

/** All bytes of a stream. */
export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

/** The body of a GET on a published port, an empty one when nobody answers. */
export function ask(port: PublishedPort | undefined): Promise<string> {
  const to =
    port?.socketPath === undefined
      ? { host: port?.hostAddress, port: port?.hostPort }
      : { socketPath: port.socketPath };
  return new Promise((resolve) => {
    const asked = request({ ...to, agent: false }, (response) => {
      let body = '';
      response.on('data', (data) => (body += data)).once('close', () => resolve(body));
    });
    asked.on('error', () => resolve('')).end();
  });
}

/** A web server of perl-base on a port: `hello` is its only answer. */
export function perlHello(port: number): readonly string[] {
  return [
    'perl',
    '-e',
    `use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => ${port}, Listen => 500, ReuseAddr => 1) or die;
      while ($c = $s->accept) { while (<$c>) { last if /^\\r?$/ } print $c "HTTP/1.0 200 OK\\r\\n\\r\\nhello"; close $c }`,
  ];
}
