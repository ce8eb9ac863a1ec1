import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addedSince, docker, type EngineSnapshot, engineSnapshot } from '@pare/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildImage, removeImages } from './docker.ts';
import { openScratch, runPare } from './pare-command.ts';

const app = 'pare-e2e/scenario:test';
const slim = 'pare-e2e/scenario.slim:test';
let directory = '';

/** A store that speaks lines: PING, SET and GET. */
const store = `use IO::Socket::INET; my %kept; $| = 1; $SIG{TERM} = sub { exit 0 };
my $listen = IO::Socket::INET->new(LocalPort => 7000, Listen => 5, ReuseAddr => 1) or die $!;
print "ready for lines\\n";
while (1) {
  my $peer = $listen->accept or next;
  while (my $line = <$peer>) {
    $line =~ s/\\s+$//;
    if ($line eq 'PING') { print $peer "PONG\\r\\n" }
    elsif ($line =~ /^SET (\\w+) (.*)/) { $kept{$1} = $2; print $peer "OK\\r\\n" }
    elsif ($line =~ /^GET (\\w+)/) { print $peer ($kept{$1} // 'nothing'), "\\r\\n" }
    else { last }
  }
  close $peer;
}`;

const ask = `sub ask { my $peer = IO::Socket::INET->new(PeerAddr => 'store:7000', Timeout => 5) or return 'no store';
  print $peer "$_[0]\\r\\n"; my $answer = <$peer>; close $peer; $answer =~ s/\\s+$//; return $answer }`;

/** A web application before the store, with a page that only a POST reads. */
const web = `use IO::Socket::INET; $SIG{TERM} = sub { exit 0 }; ${ask}
my $listen = IO::Socket::INET->new(LocalPort => 8080, Listen => 20, ReuseAddr => 1) or die $!;
while (1) {
  my $peer = $listen->accept or next;
  my ($head, $length) = ('', 0);
  while (my $line = <$peer>) { $length = $1 if $line =~ /^content-length: (\\d+)/i; $head .= $line; last if $line =~ /^\\r?$/ }
  read $peer, my $body, $length if $length;
  my ($method, $path) = $head =~ /^(\\S+) (\\S+)/ or next;
  my ($status, $answer) = ('404 Not Found', 'nothing here');
  if ($path eq '/') { ($status, $answer) = ('500 Internal Server Error', 'nobody asked for the front page') }
  elsif ($path eq '/health') { ($status, $answer) = ('200 OK', 'store says ' . ask('PING')) }
  elsif ($method eq 'POST' && $path eq '/login') {
    open my $page, '<', '/srv/welcome.txt' or die $!; ($status, $answer) = ('200 OK', <$page> . ask("SET user $body")) }
  elsif ($path eq '/user') { ($status, $answer) = ('200 OK', ask('GET user')) }
  print $peer "HTTP/1.1 $status\\r\\nContent-Type: text/plain\\r\\nContent-Length: ", length $answer, "\\r\\nConnection: close\\r\\n\\r\\n$answer";
  close $peer;
}`;

const migrate = `use IO::Socket::INET; ${ask}
open my $plan, '<', '/srv/migrations.txt' or die "no migrations: $!"; my $line = <$plan>; chomp $line;
print "migrated: ", ask("SET schema $line"), "\\n";`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-scenario-'));
  await buildImage(
    app,
    `FROM BASE
EXPOSE 8080
COPY *.pl *.txt /srv/
CMD ["perl","/srv/web.pl"]`,
    {
      'store.pl': store,
      'web.pl': web,
      'migrate.pl': migrate,
      'welcome.txt': 'welcome back\n',
      'migrations.txt': 'version one\n',
      'unused.txt': 'nobody reads this\n',
    },
  );
});

afterAll(async () => {
  await removeImages(slim, app);
  await rm(directory, { recursive: true, force: true });
});

const nothing = { containers: '', volumes: [], networks: [] };

/** Containers of the image that was built here: others may use the engine meanwhile. */
async function leftBehind(before: EngineSnapshot) {
  const containers = await docker(['ps', '--all', '--quiet', '--filter', `ancestor=${app}`]);
  const { networks, volumes } = addedSince(before, await engineSnapshot());
  return { containers, volumes, networks };
}

async function scenario(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

const compose = `
services:
  seed:
    image: ${app}
    command: [perl, -e, 'print "seeded\\n"']
  store:
    image: \${STORE_IMAGE:-${app}}
    command: perl /srv/store.pl
    depends_on: { seed: { condition: service_completed_successfully } }
    healthcheck: { test: [CMD, perl, -MIO::Socket::INET, -e, 'exit !IO::Socket::INET->new("127.0.0.1:7000")'] }
    volumes: ['kept:/var/kept']
volumes: { kept: }
`;

test('a scenario with dependencies of a compose file and a further run is observed, verified and leaves nothing', async () => {
  await using scratch = await openScratch();
  await scenario('compose.yaml', compose);
  const file = await scenario(
    'pare.yaml',
    `
version: 1
readiness: { http: /health, port: 8080, timeout: 20s }
probes:
  - http: { method: POST, path: /login, port: 8080, body: 'ada', expect: { status: 200, body: '^welcome back' } }
  - http: { path: /user, port: 8080, expect: { body: '^ada$' } }
  - exec: { command: [perl, -e, 'print "in the container"'], expect: { stdout: container } }
  - host: '"${process.execPath}" -e "fetch(process.env.PARE_URL + \\"/health\\").then((r) => process.exit(r.ok && process.env.PARE_PORT_8080 ? 0 : 1))"'
dependencies:
  compose: { file: compose.yaml, services: [store] }
runs:
  - { name: migrate, run: { command: [perl, /srv/migrate.pl] } }
keep: { packages: [tzdata, 'hostname'] }
`,
  );
  const before = await engineSnapshot();
  const ended = await runPare(
    ['build', '--keep', 'observed', '--scenario', file, '--artifacts', scratch.artifacts, '--tag', slim, app],
    scratch,
  );
  expect(ended.code, ended.stderr).toBe(0);
  const report = JSON.parse(await readFile(join(scratch.artifacts, 'report.json'), 'utf8'));
  const kept = report.plan.kept.map(({ path }: { readonly path: string }) => path);
  // What the POST, the dependency's own command and the further run read; the store runs from the fat image.
  expect(kept.filter((path: string) => /^\/srv\/.|\/bin\/hostname$/.test(path))).toEqual([
    '/srv/migrate.pl',
    '/srv/migrations.txt',
    '/srv/web.pl',
    '/srv/welcome.txt',
    '/usr/bin/hostname',
  ]);
  expect(report.observation.runs).toMatchObject([
    { name: 'migrate', exercise: { answers: [{ kind: 'exit', exitCode: 0, stdout: 'migrated: OK\n' }] } },
  ]);
  expect(report.verdict).toMatchObject({ passed: true, compared: 5 });
  expect(await leftBehind(before)).toEqual(nothing);
});

test('what the fat image does not answer as expected ends the build before any slimming, with the answer', async () => {
  await using scratch = await openScratch();
  const file = await scenario(
    'unmet.yaml',
    `
version: 1
probes: [{ http: { path: /user, port: 8080, expect: { body: '^grace$' } } }]
dependencies: { store: { image: ${app}, command: [perl, /srv/store.pl], readiness: { tcp: 7000 } } }
`,
  );
  const before = await engineSnapshot();
  const ended = await runPare(['build', '--scenario', file, '--tag', slim, app], scratch);
  expect(ended.code, ended.stderr).toBe(22);
  expect(ended.stderr).toContain('the body was expected to match /^grace$/');
  expect(ended.stderr).toContain('nothing');
  expect(await leftBehind(before)).toEqual(nothing);
});

test('a dependency that ends is named, with its last words', async () => {
  await using scratch = await openScratch();
  const file = await scenario(
    'dependency.yaml',
    `
version: 1
dependencies: { store: { image: ${app}, command: [perl, -e, 'die "no disk\\n"'], readiness: { tcp: 7000 } } }
`,
  );
  const before = await engineSnapshot();
  const ended = await runPare(['build', '--scenario', file, '--tag', slim, app], scratch);
  expect(ended.code, ended.stderr).toBe(20);
  expect(ended.stderr).toContain('dependency store ended with exit code');
  expect(ended.stderr).toContain('no disk');
  expect(await leftBehind(before)).toEqual(nothing);
});
