import type { PartlyExercised } from '../model/risk.ts';
import type { RunReport } from '../model/run-report.ts';
import { formatBytes, formatCount, formatDuration, formatItems, formatRatio } from './format.ts';
import { directoryBars } from './html/directory-bars.ts';
import { discoveryChart } from './html/discovery-chart.ts';
import { escapeHtml, section } from './html/markup.ts';
import { pageDataPieces } from './html/page-data.ts';
import { pageScript } from './html/script.ts';
import { pageStyle } from './html/style.ts';
import { notProbedLines } from './not-probed.ts';
import { riskLines } from './risk-lines.ts';
import { buildAdvice } from './terminal-failure.ts';

const packagesShown = 30;
const notProbedShown = 200;

/**
 * The report as one page that needs nothing else: no network, no other file. Whatever an image brings into it (names, answers) is text there,
 * and the page forbids everything but its own script and style (Content Security Policy Level 3).
 */
export function renderReportHtml(report: RunReport): string {
  return reportHtmlPieces(report, pageDataPieces(report)).join('');
}

/** `renderReportHtml` in pieces that are to be joined. `data` are those that `pageDataPieces` made of the same report ahead. */
export function reportHtmlPieces<Ahead>(
  report: RunReport,
  data: Iterable<Ahead>,
): readonly (string | Ahead)[] {
  const name = escapeHtml(report.slim?.reference ?? report.fat.reference);
  const parts = [
    heading(report),
    cards(report),
    section('What differs', differences(report)),
    section('Where the bytes are', directoryBars(report.directories)),
    section('Paths', paths(report)),
    section('Risk', risk(report)),
    section('Hardening', hardening(report)),
    section('What was asked', answers(report)),
  ];
  const before = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>Pare: ${name}</title><style>${pageStyle}</style></head>
<body><main>${parts.join('\n')}</main>
<script type="application/json" id="data">`;
  const after = `</script>
<script>${pageScript}</script></body></html>
`;
  return [before, ...data, after];
}

function heading({ fat, slim, tags, verdict, repairRounds }: RunReport): string {
  const fatName = escapeHtml(fat.reference);
  const rounds = repairRounds === 0 ? '' : ` after ${formatItems(repairRounds, 'round')} of putting back`;
  const outcome = verdict.passed
    ? `<span class="yes">✔ answers as ${fatName} does</span> (${formatItems(verdict.compared, 'answer')} compared)${rounds}`
    : `<span class="no">✘ was not slimmed: ${formatItems(verdict.differences.length, 'difference')} in ${formatItems(verdict.compared, 'answer')}</span>${rounds}. Nothing was tagged.`;
  return `<h1>${escapeHtml(slim === undefined ? fat.reference : (tags[0] ?? slim.reference))}</h1><div class="verdict">${outcome}</div>`;
}

function cards({ fat, hardening, plan, slim, totalMs }: RunReport): string {
  const slimBytes = slim?.sizeBytes ?? plan.keptBytes;
  const all: readonly (readonly [string, string, string])[] = [
    [formatBytes(fat.sizeBytes), 'fat', `${formatCount(fat.files)} paths`],
    [formatBytes(slimBytes), 'slim', `${formatCount(plan.kept.length)} paths`],
    [formatRatio(fat.sizeBytes, slimBytes), 'smaller', `--keep ${plan.level}`],
    [
      String(hardening.allowedSyscalls),
      'system calls allowed',
      `Docker allows ${hardening.dockerDefaultSyscalls}`,
    ],
    [String(hardening.capabilities.length), 'capabilities', 'Docker gives 14'],
    [formatDuration(totalMs), 'taken', 'in all'],
  ];
  const card = ([value, label, more]: readonly [string, string, string]) =>
    `<div class="card"><b>${escapeHtml(value)}</b>${escapeHtml(label)}<br><span class="dim">${escapeHtml(more)}</span></div>`;
  return `<div class="cards">${all.map(card).join('')}</div>`;
}

function differences(report: RunReport): string {
  const { lacking = [], profileAtFault = false, verdict } = report;
  if (verdict.passed) return '';
  const diffs = verdict.differences.map(
    ({ fat, kind, probe, slim }) =>
      `<p class="mono">${escapeHtml(probe)} <span class="dim">(${escapeHtml(kind)})</span></p><pre><span class="minus">- fat   ${escapeHtml(fat)}</span>\n<span class="plus">+ slim  ${escapeHtml(slim)}</span></pre>`,
  );
  const cause = profileAtFault
    ? '<p>It answers as it should without the seccomp profile: a call that it needs is refused.</p>'
    : lacking.length === 0
      ? ''
      : `<p>It asked for these and did not find them:</p>${list(lacking, 'mono')}`;
  return `${diffs.join('')}${cause}<p>What you can do:</p>${list(buildAdvice(report))}`;
}

function list(lines: readonly string[], itemClass = ''): string {
  return `<ul>${lines.map((line) => `<li class="${itemClass}">${escapeHtml(line)}</li>`).join('')}</ul>`;
}

function paths({ plan }: RunReport): string {
  return `<p class="dim">${formatCount(plan.kept.length)} kept, ${formatCount(plan.removed.length)} removed. Choose one to see all its reasons; <code>pare why</code> shows the whole chain.</p>
<div class="tools"><input id="filter" type="search" placeholder="part of a path" aria-label="Filter paths">
<select id="which" aria-label="Kept or removed"><option value="kept">kept</option><option value="removed">removed</option><option value="all">all</option></select>
<select id="kind" aria-label="Reason"><option value="">any reason</option></select><span id="count" class="dim"></span></div>
<div id="list"></div><ul id="why"></ul>`;
}

function risk({ risk: estimate }: RunReport): string {
  if (estimate === undefined) return '';
  const { discovery, heldOut, partlyExercised } = estimate;
  const missed = heldOut?.missed ?? [];
  return [
    list(riskLines(estimate)),
    discoveryChart(discovery),
    missed.length === 0
      ? ''
      : `<p>Without the later probes these would have been removed although they were then used:</p>${list(missed, 'mono')}`,
    packageTable(partlyExercised),
    '<p class="dim">All of this speaks of further probes like those that were run. Of behaviour that none of them comes near, no statistic knows.</p>',
  ].join('');
}

function packageTable(packages: readonly PartlyExercised[]): string {
  if (packages.length === 0) return '';
  const rows = packages
    .slice(0, packagesShown)
    .map(
      ({ ecosystem, keptFiles, name, usedFiles }) =>
        `<tr><td>${escapeHtml(name)}</td><td>${ecosystem}</td><td class="n">${formatCount(usedFiles)}</td><td class="n">${formatCount(keptFiles)}</td></tr>`,
    );
  const more =
    packages.length > packagesShown
      ? `<p class="dim">and ${packages.length - packagesShown} more in report.json</p>`
      : '';
  return `<h3>Kept packages that were exercised only in part</h3><table><tr><th>package</th><th></th><th class="n">files used</th><th class="n">files kept</th></tr>${rows.join('')}</table>${more}`;
}

function hardening({ hardening: profile }: RunReport): string {
  const { allowedSyscalls, apparmorName, capabilities, dockerDefaultSyscalls, notes } = profile;
  const names = capabilities.map((one) => one.toLowerCase()).join(', ') || 'none';
  return `<table><tr><th>system calls</th><td>${allowedSyscalls} of the ${dockerDefaultSyscalls} that Docker allows</td></tr><tr><th>capabilities</th><td>${escapeHtml(names)}</td></tr><tr><th>AppArmor</th><td class="mono">${escapeHtml(apparmorName)}</td></tr></table>${notes.length === 0 ? '' : list(notes)}`;
}

function answers({ observation, verdict }: RunReport): string {
  const rows = observation.probes.map((probe) => `<tr><td class="mono">${escapeHtml(probe)}</td></tr>`);
  const { account } = observation;
  const left = notProbedLines(observation, notProbedShown).map((line) => `Not probed: ${line}`);
  const seen = [
    ...(account.lost + account.unreadable > 0
      ? [
          `${formatItems(account.lost + account.unreadable, 'access', 'accesses')} could not be seen, so more was kept`,
        ]
      : ['Nothing that the application asked for was lost']),
    ...(account.blindSpots ?? []).map(({ message }) => `Not seen: ${message}`),
    ...account.notes,
  ];
  return `<p>${formatItems(verdict.answers.length, 'answer')} of the slim image, by these probes:</p><table>${rows.join('')}</table>${list([...left, ...seen])}`;
}
