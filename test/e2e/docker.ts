import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs the docker CLI: an eye on the engine that is not Pare's own. Throws what docker prints. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await execute('docker', [...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
}

/** The image that test images are built on; `samples/build` makes it. */
export const baseImage = process.env.PARE_TEST_BASE ?? 'pare-samples/base:bookworm';

/** Builds an image of a Dockerfile and the files beside it. The caller removes it. */
export async function buildImage(
  tag: string,
  dockerfile: string,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'pare-image-'));
  try {
    for (const [name, text] of Object.entries({ Dockerfile: dockerfile, ...files }))
      await writeFile(join(context, name), text);
    await docker('build', '-q', '-t', tag, context);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** Removes images by tag; those that are not there are no error. */
export async function removeImages(...tags: readonly string[]): Promise<void> {
  for (const tag of tags) await docker('image', 'rm', tag).catch(() => undefined);
}

/** Everything that the engine holds, sorted, so that two moments can be compared. */
export async function engineContents(): Promise<Readonly<Record<string, readonly string[]>>> {
  const list = async (...args: readonly string[]) => (await docker(...args)).split('\n').sort();
  const [containers, volumes, networks, images] = await Promise.all([
    list('ps', '-a', '--no-trunc', '--format', '{{.ID}} {{.Names}}'),
    list('volume', 'ls', '-q'),
    list('network', 'ls', '--no-trunc', '--format', '{{.ID}} {{.Name}}'),
    list('images', '-a', '--no-trunc', '--format', '{{.ID}} {{.Repository}}:{{.Tag}}'),
  ]);
  return { containers, volumes, networks, images };
}

/** A web server of Debian's perl-base alone, on port 80: `status` and `body` are its only answer. */
export function perlServer(status: number, body: string): string {
  return `use strict; use IO::Socket::INET;
my $listener = IO::Socket::INET->new(LocalPort => $ENV{PORT} || 80, Listen => 16, ReuseAddr => 1) or die $!;
while (my $peer = $listener->accept) {
  while (my $line = <$peer>) { last if $line =~ /^\\r?\\n$/ }
  my $body = ${JSON.stringify(body).replaceAll('$', '\\$').replaceAll('@', '\\@')};
  print $peer "HTTP/1.1 ${status} Answer\\r\\nContent-Type: text/html\\r\\nContent-Length: " . length($body) . "\\r\\nConnection: close\\r\\n\\r\\n$body";
  close $peer;
}
`;
}
