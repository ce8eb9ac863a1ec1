import type { CorpusLevel, CorpusResults, EntryResult } from './results.ts';

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/**
 * What the tool we succeed made of a like image at its only level, in MB, where it was measured (issue 5). Its Java image can have
 * been no servlet container: the runtime that any program opens is 174 MB by itself.
 */
const peerMB: Readonly<Record<string, number>> = {
  flask: 35,
  nginx: 10,
  redis: 19,
  express: 99,
  sinatra: 17,
  mojolicious: 25,
  'java-agent': 175,
  postgres: 113,
  mariadb: 224,
};

/** One row a built entry, as plain columns. */
function rowOf(name: string, entry: EntryResult): readonly string[] {
  const cells = (level: CorpusLevel): readonly string[] => {
    const result = entry.levels[level];
    if (result === undefined) return ['', ''];
    if (result.sizeBytes === 0) return ['failed', '0'];
    return [megabytes(result.sizeBytes), `${result.passed}/${entry.checks}`];
  };
  const { used, observed } = entry.levels;
  const hasBoth = used !== undefined && observed !== undefined && used.sizeBytes * observed.sizeBytes > 0;
  const ratio = hasBoth ? (used.sizeBytes / observed.sizeBytes).toFixed(2) : '';
  const seconds = used === undefined ? '' : (used.elapsedMs / 1000).toFixed(1);
  return [
    name,
    megabytes(entry.fatBytes),
    ...cells('observed'),
    peerMB[name]?.toString() ?? '',
    ...cells('used'),
    ratio,
    seconds,
  ];
}

const columns = [
  'entry',
  'fat MB',
  'observed MB',
  'checks',
  'peer MB',
  'used MB',
  'checks',
  'used/observed',
  'build s',
] as const;

/**
 * The geometric mean of `used` over `observed`, or, with `peer`, over what the peer made where that is known. Undefined without
 * an entry that has both.
 */
function meanRatio(results: CorpusResults, over: 'observed' | 'peer'): number | undefined {
  const logs = Object.entries(results).flatMap(
    ([
      name,
      {
        levels: { used, observed },
      },
    ]) => {
      if (used === undefined || observed === undefined || used.sizeBytes * observed.sizeBytes === 0)
        return [];
      const peer = over === 'peer' ? peerMB[name] : undefined;
      return [Math.log(used.sizeBytes / (peer === undefined ? observed.sizeBytes : peer * 1e6))];
    },
  );
  if (logs.length === 0) return undefined;
  return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
}

/** The table as text for a terminal. */
export function renderTable(results: CorpusResults): string {
  const rows = [columns, ...Object.entries(results).map(([name, entry]) => rowOf(name, entry))];
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  );
  return [...lines, summary(results)].join('\n');
}

function summary(results: CorpusResults): string {
  const used = Object.values(results).flatMap(({ levels }) => levels.used ?? []);
  const whole = used.filter(({ failed }) => failed.length === 0).length;
  const mean = meanRatio(results, 'observed');
  const peer = meanRatio(results, 'peer');
  const ratio =
    mean === undefined || peer === undefined
      ? ''
      : `; used/observed ${mean.toFixed(2)}, over the peer's size where it is known ${peer.toFixed(2)} (geometric means)`;
  return `${whole} of ${used.length} images at used pass all their checks${ratio}${twiceSummary(results)}`;
}

function twiceSummary(results: CorpusResults): string {
  const compared = Object.values(results).flatMap(({ levels }) => {
    const lists = Object.values(levels).flatMap(({ differing }) =>
      differing === undefined ? [] : [differing],
    );
    return lists.length === 0 ? [] : [lists.flat()];
  });
  if (compared.length === 0) return '';
  const same = compared.filter((paths) => paths.length === 0).length;
  return `; ${same} of ${compared.length} entries that were slimmed twice kept the same paths both times`;
}

/** What differed between two plans of one scenario. */
function unstable(results: CorpusResults): readonly string[] {
  const lines = Object.entries(results).flatMap(([name, { levels }]) =>
    Object.entries(levels).flatMap(([level, { differing }]) =>
      (differing ?? []).map((path) => `- ${name}, ${level}: \`${path}\``),
    ),
  );
  if (lines.length === 0) return [];
  return ['## What differs between two runs of one scenario', '', ...lines, ''];
}

const lead = `# The corpus

Real applications, each with a small scenario for probing and a larger functional test that the scenario does not contain.
This page is written by \`node test/corpus/run.ts --all\`; see \`test/corpus/\` for the entries.

*observed* and *used* are the closure levels of \`pare build --keep\`. *peer* is what the tool that Pare succeeds made of a like
image. *checks* is how many functional checks passed on the slim image; the fat image passes all. *build* is the wall time of
\`pare build --keep used\`, verification included, on a machine that was busy with other work.

nginx here loads six dynamic modules (0.44 MB) that the peer's image did not have; the sample nginx, without them, is 10.0 MB at
*observed*. Its own configuration loads an image filter, XSLT and Perl, whose libraries (90 MB of codecs and ICU) are what *used* adds.

With \`--twice\` each entry is slimmed once more at each level, from an observation of its own, and the kept paths are compared.`;

/** The page \`docs/corpus.md\`. */
export function renderPage(results: CorpusResults): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const table = [
    line(columns),
    line(columns.map((_, at) => (at === 0 ? '---' : '---:'))),
    ...Object.entries(results).map(([name, entry]) => line(rowOf(name, entry))),
  ];
  return [
    lead,
    '',
    ...table,
    '',
    `${summary(results)}.`,
    '',
    ...missed(results),
    ...unstable(results),
    ...costs(results),
    '',
  ].join('\n');
}

function missed(results: CorpusResults): readonly string[] {
  const lines = Object.entries(results).flatMap(([name, { levels }]) =>
    (levels.used?.failed ?? []).map((title) => `- ${name}: ${title}`),
  );
  if (lines.length === 0) return [];
  return ['## What fails at used', '', ...lines, ''];
}

/** What each rule costs: the most that it kept in one entry, and in how many entries it kept anything. */
function costs(results: CorpusResults): readonly string[] {
  const rules = new Map<string, { most: number; entries: number }>();
  for (const { levels } of Object.values(results)) {
    for (const [rule, bytes] of Object.entries(levels.used?.ruleBytes ?? {})) {
      const known = rules.get(rule) ?? { most: 0, entries: 0 };
      rules.set(rule, { most: Math.max(known.most, bytes), entries: known.entries + 1 });
    }
  }
  if (rules.size === 0) return [];
  const sorted = [...rules].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '## What the rules of the runtime families cost',
    '',
    'Bytes that a rule kept at `used` and that nothing in the run opened: the most in one entry, and the number of entries.',
    'What each rule is for, and its source, is in `packages/pare/src/plan/families/`.',
    '',
    '| rule | most bytes | entries |',
    '| --- | ---: | ---: |',
    ...sorted.map(([rule, { most, entries }]) => `| ${rule} | ${most} | ${entries} |`),
    '',
  ];
}
