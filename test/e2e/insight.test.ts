import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { docker, engineSnapshot } from '@pare/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildSlimImage } from '../../packages/pare/src/pipeline/build.ts';
import { renderSummary } from '../../packages/pare/src/report/terminal.ts';
import { readScenario } from '../../packages/pare/src/scenario/read-scenario.ts';
import { buildImage, removeImages } from './docker.ts';
import { openScratch, runPare, type Scratch, startPare } from './pare-command.ts';

const fat = 'pare-e2e/insight:test';
const slim = 'pare-e2e/insight.slim:test';
const other = 'pare-e2e/insight-other:test';
const watched = 'pare-e2e-insight-watched';

/** Each path answers with a file of its own that nothing else reads. */
const partServer = `use strict; use IO::Socket::INET;
open my $front, '<', '/parts/front' or die "no front: $!"; my $text = <$front>; close $front;
my $listener = IO::Socket::INET->new(LocalPort => 80, Listen => 16, ReuseAddr => 1) or die $!;
while (my $peer = $listener->accept) {
  my $line = <$peer> // ''; my ($name) = $line =~ m{^\\w+ /(\\w*)};
  while (my $header = <$peer>) { last if $header =~ /^\\r?\\n$/ }
  my ($status, $body) = (200, $text);
  if (($name // '') ne '') {
    if (open my $part, '<', "/parts/$name") { $body = <$part> } else { ($status, $body) = (404, "no $name\\n") }
  }
  print $peer "HTTP/1.1 $status Answer\\r\\nContent-Type: text/plain\\r\\nContent-Length: " . length($body) . "\\r\\nConnection: close\\r\\n\\r\\n$body";
  close $peer;
}
`;
const dockerfile = `FROM BASE
EXPOSE 80
COPY server.pl /srv/
RUN mkdir /parts && for part in front one two three; do echo "the $part" > /parts/$part; done
CMD ["perl","/srv/server.pl"]`;

beforeAll(async () => {
  await buildImage(fat, dockerfile, { 'server.pl': partServer });
  await buildImage(other, `${dockerfile}\nLABEL other=1`, { 'server.pl': partServer });
});
afterAll(() => removeImages(slim, fat, other));

const probing = (...parts: readonly string[]) => [
  '--no-http-probe-crawl',
  ...parts.flatMap((part) => ['--http-probe-cmd', `GET:/${part}`]),
];
const file = (scratch: Scratch, name: string) => join(scratch.temporary, '..', name);
const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

test('observations of several runs are merged, a slim image is built of them, explained, verified and watched', async () => {
  await using scratch = await openScratch();
  const before = await engineSnapshot();
  const run = async (code: number, ...args: readonly string[]) => {
    const ended = await runPare(args, scratch);
    expect(ended.code, ended.stdout + ended.stderr).toBe(code);
    return ended;
  };
  const [first, second, merged] = ['1.json', '2.json', 'merged.json'].map((name) => file(scratch, name));
  const report = join(scratch.artifacts, 'report.json');

  const live = await run(0, 'observe', '--live', '-o', first ?? '', ...probing('one'), fat);
  expect(live.stderr).toContain('reads       /parts/one');
  expect(live.stdout).toContain('200  GET http://localhost/one');
  await run(0, 'observe', '-q', '-o', second ?? '', ...probing('two'), fat);
  const foreign = file(scratch, 'foreign.json');
  await run(0, 'observe', '-q', '-o', foreign, other);
  const refused = await run(2, 'merge', first ?? '', foreign, '-o', merged ?? '');
  expect(refused.stderr).toContain('different images');
  await run(0, 'merge', first ?? '', second ?? '', '-o', merged ?? '');
  const union = await readJson(merged ?? '');
  expect(union.mergedFrom).toBe(2);
  expect(union.files).toContainEqual(expect.objectContaining({ path: '/parts/front', observedIn: 2 }));
  await run(2, 'build', '--observation', foreign, '--tag', slim, fat);

  const options = ['--keep', 'observed', '--artifacts', scratch.artifacts, '--tag', slim];
  await run(0, 'build', '--observation', merged ?? '', ...probing('one'), ...options, fat);
  const { plan, risk } = await readJson(report);
  expect(plan.removed).toContain('/parts/three');
  expect(risk.sampledRuns).toMatchObject({ observations: 2, once: 2 });
  expect(await readFile(join(scratch.artifacts, 'report.html'), 'utf8')).toContain('/parts/three');

  expect((await run(0, 'why', '--report', report, fat, '/parts/two')).stdout).toContain('used it (read)');
  expect((await run(0, 'why', report, '/parts/three')).stdout).toContain('removed  /parts/three');
  expect((await run(3, 'why', report, '/parts/thre')).stdout).toContain('    /parts/three');

  await run(0, 'verify', '--report', report, ...probing('one'), slim);
  const differs = await run(30, 'verify', '--fat', fat, '--report', report, ...probing('one', 'three'), slim);
  expect(differs.stdout).toMatch(/GET http:\/\/localhost\/three\n\s+status +- fat +200.*\n.*404/);
  expect(differs.stdout).toContain('    /parts/three');

  const patch = await watchOne(scratch, report);
  // The patch is a piece of a scenario: with it the next build keeps what was asked for in vain.
  const scenario = file(scratch, 'patched.yaml');
  await removeImages(slim);
  await writeFile(scenario, `version: 1\nprobes: [{ http: /one }]\n${patch}`);
  await run(0, 'build', '--scenario', scenario, ...options, fat);
  const kept = await readJson(report);
  const reasons = (path: string) =>
    kept.plan.kept.find((one: { path: string }) => one.path === path)?.reasons ?? 'removed';
  expect(reasons('/parts/three')).toEqual([expect.objectContaining({ kind: 'include-rule' })]);
  expect(reasons('/parts/two')).toBe('removed');
  const read = ['-e', 'open my $part, "<", "/parts/three" or die $!; print <$part>'];
  expect(await docker(['run', '--rm', '--entrypoint', 'perl', slim, ...read])).toBe('the three\n');
  await removeImages(slim);
  expect(await engineSnapshot()).toEqual(before);
});

/** Watches a copy of a container, asks it for what was removed, and ends by Ctrl-C. Gives the patch. */
async function watchOne(scratch: Scratch, report: string): Promise<string> {
  await docker(['create', '--name', watched, '-p', '127.0.0.1:18472:80', slim]);
  try {
    const patch = file(scratch, 'patch.yaml');
    const { child, ended } = startPare(['watch', '--report', report, '-o', patch, watched], scratch);
    const told = new Promise<void>((resolve) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('/parts/three')) resolve();
      });
    });
    await answering('http://127.0.0.1:18472/three', ended);
    await told;
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('    - "/parts/three"');
    expect(await readFile(patch, 'utf8')).toBe(stdout);
    return stdout;
  } finally {
    await docker(['rm', '--force', watched]);
  }
}

/** Asks until there is an answer, or the command that should bring one has ended. */
async function answering(url: string, ended: Promise<unknown>): Promise<void> {
  let over = false;
  const end = ended.then(() => {
    over = true;
  });
  while (!over) {
    const answered = new Promise<boolean>((resolve) => {
      request(url, (answer) => answer.resume().once('end', () => resolve(true)))
        .once('error', () => setTimeout(() => resolve(false), 50))
        .end();
    });
    if (await Promise.race([answered, end.then(() => true)])) return;
  }
}

/** Builds with a planner that has a hole in it: the file that the server cannot start without, and one that a request needs. */
async function buildOverlooking(repairRounds: number) {
  const { report } = await buildSlimImage(
    {
      reference: fat,
      engine: { engine: 'auto' },
      scenario: await readScenario(undefined, {
        usualProbes: [{ kind: 'http', method: 'GET', path: '/', headers: {} }],
        probes: [{ kind: 'http', method: 'GET', path: '/one', headers: {} }],
      }),
      level: 'used',
      include: [],
      exclude: [],
      tags: [slim],
      force: false,
      repairRounds,
      artifacts: { kind: 'none' },
      overlook: ['/parts/front', '/parts/one'],
    },
    {
      progress: {
        stage: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }),
        note: () => undefined,
        warn: () => undefined,
      },
      signal: new AbortController().signal,
    },
  );
  return report;
}

test('a plan that overlooks what is needed is caught and repaired, with the reason told', async () => {
  const before = await engineSnapshot();
  const report = await buildOverlooking(3);
  expect(report.verdict.passed).toBe(true);
  // Without the one it does not start; only with it can the other be asked for.
  for (const [index, path] of ['/parts/front', '/parts/one'].entries()) {
    const reasons = report.plan.kept.find((one) => one.path === path)?.reasons;
    expect(reasons).toContainEqual(expect.objectContaining({ kind: 'put-back', round: index + 1 }));
  }
  expect(report.repairRounds).toBe(2);
  expect(report.tags).toEqual([slim]);
  await removeImages(slim);
  expect(await engineSnapshot()).toEqual(before);
});

test('one that cannot be repaired fails, names the file, tags nothing and leaves nothing', async () => {
  const before = await engineSnapshot();
  const report = await buildOverlooking(0);
  expect(report.verdict.passed).toBe(false);
  expect(report.verdict.differences).not.toEqual([]);
  expect(report).toMatchObject({ tags: [], slim: undefined, repairRounds: 0 });
  expect(report.lacking).toContain('/parts/front');
  expect(renderSummary(report, { color: false, width: 100 })).toContain('/parts/front');
  await expect(docker(['image', 'inspect', slim])).rejects.toThrow();
  expect(await engineSnapshot()).toEqual(before);
});
