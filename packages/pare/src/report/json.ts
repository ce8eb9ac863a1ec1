import { PareError } from '../model/pare-error.ts';
import type { RunReport } from '../model/run-report.ts';
import { jsonPieces } from './json-pieces.ts';
import { observationInOrder, planInOrder, withSortedKeys } from './key-order.ts';

const SCHEMA = 'pare.report/1';

/** What a person looks for first comes first; the long lists come last. */
const order: readonly (keyof RunReport)[] = [
  'schema',
  'pareVersion',
  'engine',
  'fat',
  'slim',
  'tags',
  'verdict',
  'repairRounds',
  'risk',
  'totalMs',
  'timings',
  'directories',
  'hardening',
  'plan',
  'files',
  'removedLinks',
  'packages',
  'observation',
];

/**
 * The report as JSON: two-space indent, a newline at the end, the same text for equal reports whatever order their keys were
 * set in. Bytes of names that are not UTF-8 (lone surrogates, see `ImagePath`) are escaped as `\udcXX`, so the text is valid
 * UTF-8 and every name survives.
 */
export function renderReportJson(report: RunReport): string {
  return reportJsonPieces(report, new Map()).join('');
}

/** `renderReportJson` in pieces that are to be joined. `rendered` has those of members that `memberPieces` made ahead. */
export function reportJsonPieces<Ahead>(
  report: RunReport,
  rendered: ReadonlyMap<unknown, readonly Ahead[]>,
): readonly (string | Ahead)[] {
  const known = new Map<string, unknown>(order.map((key) => [key, report[key]]));
  for (const [key, value] of Object.entries(report)) known.set(key, value);
  const members = [...known]
    .filter(([, value]) => value !== undefined)
    .flatMap(([key, value], at) => [
      `${at === 0 ? '' : ',\n'}  ${JSON.stringify(key)}: `,
      ...(rendered.get(value) ?? memberPieces(memberInOrder(report, key, value))),
    ]);
  return ['{\n', ...members, '\n}\n'];
}

function memberInOrder({ observation, plan }: RunReport, key: string, value: unknown): unknown {
  if (key === 'plan') return planInOrder(plan);
  return key === 'observation' ? observationInOrder(observation) : withSortedKeys(value);
}

/** The text of one member of a report as it stands in the whole, in pieces; its keys are in order. */
export function memberPieces(value: unknown): Iterable<string> {
  return jsonPieces(value, 1);
}

/**
 * Reads what `renderReportJson` wrote. It checks the schema's name and the parts that commands work with; a report of another
 * schema is refused. Throws PareError `usage`; `source` names the file in its message.
 */
export function parseReport(text: string, source: string): RunReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(source, `it is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  if (!isObject(value)) throw invalid(source, 'it is not an object');
  const { schema } = value;
  if (schema !== SCHEMA) {
    throw invalid(
      source,
      schema === undefined ? 'it has no schema' : `its schema is ${JSON.stringify(schema)}, not "${SCHEMA}"`,
    );
  }
  const problem = firstProblem(value);
  if (problem !== undefined) throw invalid(source, problem);
  return value as unknown as RunReport;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed value is an object with keys. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a parsed value is a list of which each item is as it must be. */
export function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

const isString = (value: unknown): boolean => typeof value === 'string';
const isImage = (value: unknown): boolean =>
  isObject(value) &&
  isString(value.reference) &&
  isString(value.id) &&
  typeof value.sizeBytes === 'number' &&
  isObject(value.config);
const isKept = (value: unknown): boolean =>
  isObject(value) &&
  isString(value.path) &&
  isList(value.reasons, (reason) => isObject(reason) && isString(reason.kind));

function firstProblem(report: JsonObject): string | undefined {
  const { plan, verdict, observation, hardening } = report;
  if (!isImage(report.fat)) return '"fat" is no image';
  if (report.slim !== undefined && !isImage(report.slim)) return '"slim" is no image';
  if (!isList(report.tags, isString)) return '"tags" is no list of names';
  if (!isObject(plan) || !isList(plan.kept, isKept)) return '"plan.kept" is no list of paths with reasons';
  if (!isList(plan.removed, isString)) return '"plan.removed" is no list of paths';
  if (!isObject(verdict) || typeof verdict.passed !== 'boolean' || !isList(verdict.differences, isObject))
    return '"verdict" is none';
  if (!isObject(observation) || !isList(observation.files, isObject) || !isObject(observation.account))
    return '"observation" is none';
  if (!isObject(hardening) || !isObject(hardening.seccomp) || !isString(hardening.apparmor))
    return '"hardening" is none';
  if (!isList(report.timings, isObject) || !isList(report.packages, isObject))
    return '"timings" or "packages" is no list';
  return undefined;
}

function invalid(source: string, why: string, cause?: unknown): PareError {
  return new PareError('usage', `${source} is not a report of pare build: ${why}`, {
    hint: 'give the report.json of an artifacts directory',
    cause,
  });
}
