import type { ImagePath } from '@pare/oci';
import { expect, test } from 'vitest';
import { failedReport, sampleReport } from './fixtures/sample-report.ts';
import type { PageData } from './html/page-data.ts';
import { renderReportHtml } from './html.ts';

const path = (text: string) => text as ImagePath;
const hostile = '</script><script>alert(1)</script><img src=x onerror=alert(2)>';

test('is one page that loads nothing and shows sizes, verdict, hardening and every path', () => {
  const html = renderReportHtml(sampleReport);
  expect(html).not.toMatch(/(?:src|href)=|@import|url\(|https?:\/\/(?!localhost)/);
  expect(html).toContain("default-src 'none'");
  for (const text of [
    '592 MB',
    '19.7 MB',
    '30.1×',
    'answers as my/app does',
    '138 of the 304',
    'dac_override',
  ])
    expect(html).toContain(text);
  expect(dataOf(html).kept.map(([one]) => one)).toEqual([
    '/etc/app.conf',
    '/usr/bin/app',
    '/var/log/\udcff.log',
  ]);
  expect(dataOf(html).removed).toEqual(['/usr/bin/perl']);
});

test('shows what differs, what it lacked and what can be done', () => {
  const html = renderReportHtml({ ...failedReport, lacking: [path('/srv/page.tpl')] });
  for (const text of [
    'Nothing was tagged',
    '500: \\u001b[31mno template',
    '/srv/page.tpl',
    '--keep packages',
  ])
    expect(html).toContain(text);
});

test('what an image brings stays text, in markup and in the script’s data', () => {
  const { plan } = sampleReport;
  const reasons = [{ kind: 'observed', accesses: ['read'], process: hostile } as const];
  const html = renderReportHtml({
    ...failedReport,
    fat: { ...failedReport.fat, reference: hostile },
    lacking: [path(`/${hostile}`)],
    plan: { ...plan, kept: [{ path: path(`/${hostile}`), reasons }], removed: [path(`/${hostile}2`)] },
    verdict: {
      ...failedReport.verdict,
      differences: [{ probe: hostile, kind: 'body', fat: hostile, slim: hostile }],
    },
  });
  expect(html.match(/<script/g)).toHaveLength(2);
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  expect(html).not.toContain('<img');
  expect(dataOf(html).kept[0]?.[0]).toBe(`/${hostile}`);
});

test('thirty thousand paths are a page of a few megabytes, made at once', () => {
  const kept = Array.from({ length: 30_000 }, (_, index) => ({
    path: path(`/usr/lib/python3/dist-packages/package${index % 300}/module${index}.py`),
    reasons: [
      {
        kind: 'package-file',
        ecosystem: 'python',
        package: `package${index % 300}`,
        because: path(`/usr/lib/python3/dist-packages/package${index % 300}/__init__.py`),
      } as const,
    ],
  }));
  const html = renderReportHtml({ ...sampleReport, plan: { ...sampleReport.plan, kept } });
  expect(html.length).toBeLessThan(4_000_000);
  expect(dataOf(html).words).toHaveLength(300);
});

function dataOf(html: string): PageData {
  const text = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
  return JSON.parse(text) as PageData;
}
