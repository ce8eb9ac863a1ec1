import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { expect, test } from 'vitest';
import { seccompProfile } from '../harden/seccomp.ts';
import { runToEnd } from '../model/event-loop-turn.ts';
import { directoryTotals } from '../report/directory-totals.ts';
import { sampleReport } from '../report/fixtures/sample-report.ts';
import { renderReportHtml, reportHtmlPieces } from '../report/html.ts';
import { renderReportJson, reportJsonPieces } from '../report/json.ts';
import { describePlan } from './describe-plan.ts';

const { observation } = sampleReport;
const tree = memoryTree({
  '/etc/app.conf': 'conf',
  '/etc/app.link': { symlink: 'app.conf' },
  '/tmp': { directory: true },
  '/usr/bin/app': { content: 'x'.repeat(20_000), mode: 0o4755 },
  '/usr/bin/perl': { symlink: 'perl5.36' },
});
const reasons = [
  { kind: 'package-file', ecosystem: 'deb', package: 'app', because: '/etc' as ImagePath },
] as const;
const paths = ['/etc/app.conf', '/etc/app.link', '/tmp', '/usr/bin/app'].map((path) => ({
  path: path as ImagePath,
  reasons,
}));
const plan = { ...sampleReport.plan, kept: paths };

function described() {
  const work = describePlan(
    {
      engine: { info: sampleReport.engine },
      facts: { id: sampleReport.fat.id },
      image: { config: sampleReport.fat.config },
      input: { reference: 'my/app' },
      observation,
      sensor: { arch: 'amd64' },
      tree,
    },
    plan,
    {
      seccomp: seccompProfile({ observation, assumedSyscalls: [] }),
      totals: runToEnd(directoryTotals(tree)),
    },
  );
  return runToEnd(work);
}
const joined = (pieces: readonly (string | Uint8Array)[]) =>
  Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString();

test('what it renders ahead is what the whole report has there', () => {
  const { parts, rendered, pageData, containerReport, dockerfile } = described();
  const report = { ...sampleReport, plan, ...parts };
  const { files, removedLinks, directories } = parts;
  expect([...rendered.keys()]).toEqual([files, removedLinks, directories, plan, observation]);
  expect(joined(reportJsonPieces(report, rendered))).toBe(renderReportJson(report));
  expect(joined(reportHtmlPieces(report, pageData))).toBe(renderReportHtml(report));
  expect(removedLinks).toEqual([{ path: '/usr/bin/perl', target: 'perl5.36' }]);
  expect(JSON.parse(joined(containerReport)).image.files).toHaveLength(paths.length);
  expect(dockerfile).toContain('CMD ["app","--port","80"]');
  expect(parts.risk.unseen.kind).toBe('too-few-probes');
});
