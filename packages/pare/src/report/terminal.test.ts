import fc from 'fast-check';
import { expect, test } from 'vitest';
import { failedReport, sampleReport, sampleRisk } from './fixtures/sample-report.ts';
import { renderSummary } from './terminal.ts';
import { printable } from './terminal-text.ts';

const plain = { color: false, width: 100, unicode: true };

test('says what came of a build', () => {
  expect(renderSummary(sampleReport, { ...plain, artifacts: '/home/me/pare-artifacts/my-app' })).toBe(`
✔ my/app.slim is 30.1× smaller and answers as my/app does

  fat          my/app        592 MB    44,571 paths  ██████████████████████████████
  slim         my/app.slim  19.7 MB       312 paths  █

  kept         3 paths, 19.7 MB; 1 path, 572 MB removed (--keep used)
  packages     1 of 3 kept whole (deb 1/2, npm 0/1)
  verified     2 answers are the same (1 HTTP request, 1 command)
  hardened     138 of the 304 system calls that Docker allows
               2 of 14 capabilities (dac_override, kill)
  artifacts    /home/me/pare-artifacts/my-app
               report.html, report.json, creport.json, Dockerfile.fat, seccomp and AppArmor profiles
  time         4.2 s
               read 800 ms · observe 2.4 s

`);
});

test('shows a failed verification as a diff with what to do about it', () => {
  const text = renderSummary(failedReport, plain);
  expect(text).toContain(
    '✘ my/app was not slimmed: its answers show 2 differences after 2 rounds of putting back. Nothing was tagged.',
  );
  expect(text).toContain(`  GET http://localhost:80/
    status      - fat   200: ok
                + slim  500: \\u001b[31mno template

  app --version
    exit code   - fat   0
                + slim  127

  What you can do
  · Add what the application needs: --include /path/in/the/image
  · Keep more: --keep packages
  · Allow more rounds of putting back: --repair-rounds
  · See what was removed: plan.removed in report.json`);
});

test('tells what no probe asked, of all runs, and counts the rest', () => {
  const one = (number: number) => ({ what: `grpc localhost:1 a.B/C${number}`, why: 'no call names it' });
  const observation = {
    ...sampleReport.observation,
    notProbed: [1, 2, 3, 4, 5].map(one),
    runs: [{ name: 'admin', exercise: { ...sampleReport.observation, notProbed: [6, 7, 8].map(one) } }],
  };
  const text = renderSummary({ ...sampleReport, observation }, plain);
  expect(text).toContain('  not probed   grpc localhost:1 a.B/C1: no call names it\n');
  expect(text).toContain('admin: grpc localhost:1 a.B/C6: no call names it\n');
  expect(text).toContain('and 2 more in report.json');
  expect(text).not.toContain('C7');
});

test('shows ten differences and counts the rest', () => {
  const difference = failedReport.verdict.differences[0];
  const differences = Array.from({ length: 14 }, (_, index) => ({
    ...difference,
    probe: `GET /${index}`,
  })) as typeof failedReport.verdict.differences;
  const text = renderSummary({ ...failedReport, verdict: { ...failedReport.verdict, differences } }, plain);
  expect(text.match(/- fat/g)).toHaveLength(10);
  expect(text).toContain('and 4 more: see verdict.differences in report.json');
});

test('tells what could not be seen', () => {
  const observation = {
    ...sampleReport.observation,
    account: { ...sampleReport.observation.account, lost: 1, complete: false, notes: ['slow'] },
  };
  const text = renderSummary({ ...sampleReport, observation }, plain);
  expect(text).toContain('note         1 access could not be seen, so more was kept.');
  expect(text).toContain('The record of the observation is not whole');
  expect(text).toContain('slow');
});

test('uses colour and box drawing only when asked to', () => {
  const text = renderSummary(sampleReport, { color: false, width: 80 });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is what is looked for.
  expect(text).toMatch(/^[\u0000-\u007f]*$/);
  expect(text).not.toContain('\u001b');
  expect(renderSummary(sampleReport, { color: true, width: 80 })).toContain('\u001b[32m✔');
});

test('fits the width', () => {
  for (const width of [60, 80, 120]) {
    for (const line of renderSummary(failedReport, { ...plain, width })
      .split('\n')
      .slice(4))
      expect(line.length).toBeLessThanOrEqual(Math.max(width, 91));
  }
});

test('prints nothing that a terminal would obey', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
      const text = String.fromCharCode(...units);
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\u202e]/u);
    }),
  );
  expect(printable('a\u001b[2J\n\udcffé')).toBe('a\\u001b[2J\\n\\xffé');
});

const { sampledRuns: _, ...risk } = sampleRisk;

test('says what is known of what nobody probed', () => {
  const text = flow(renderSummary({ ...sampleReport, risk }, plain));
  expect(text).toContain(
    'risk 2 of the last 3 probes used files that none before had (0.7 each); one more like them does with a chance of at most 98 % ' +
      'At least 1 file would be used by further probes like these, by estimate ' +
      '2 of the 2 files that the last 3 probes were the first to use are kept without them too ' +
      '1 kept package was exercised only in part (app 2/9 files) hardened',
  );
});

test('does not estimate from too few probes, nor from a curve that does not fall', () => {
  const few = {
    discovery: [{ newFiles: 1 }, { newFiles: 1 }],
    unseen: { kind: 'too-few-probes', least: 6 },
  } as const;
  expect(renderSummary({ ...sampleReport, risk: { ...few, partlyExercised: [] } }, plain)).toContain(
    '  risk         1 probe cannot tell what further ones would use (6 can)\n',
  );
  const steep = { ...risk, unseen: { kind: 'not-levelling-off' } } as const;
  expect(flow(renderSummary({ ...sampleReport, risk: steep }, plain))).toContain(
    'no telling how many are left',
  );
});

/** Text without its lines' ends. */
function flow(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
