import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker, testBase } from '@pare/testkit';

/** Builds an image of a Dockerfile (`BASE` stands for the base that test images share) and the files beside it. The caller removes it. */
export async function buildImage(
  tag: string,
  dockerfile: string,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'pare-image-'));
  const text = dockerfile.replaceAll(/^FROM BASE\b/gm, `FROM ${testBase()}`);
  try {
    for (const [name, content] of Object.entries({ Dockerfile: text, ...files })) {
      await writeFile(join(context, name), content);
    }
    await docker(['build', '--quiet', '--force-rm', '--tag', tag, context]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** Removes images by tag; those that are not there are no error. */
export async function removeImages(...tags: readonly string[]): Promise<void> {
  for (const tag of tags) await docker(['image', 'rm', tag]).catch(() => undefined);
}

/** A web server of Debian's perl-base alone, on `$PORT` or 80: `status` and `body` are its only answer. */
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
