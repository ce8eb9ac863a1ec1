import type { Observation } from '../model/observation.ts';
import { PareError } from '../model/pare-error.ts';
import { isList, isObject, parseReport } from './json.ts';
import { withSortedKeys } from './key-order.ts';

const SCHEMA = 'pare.observation/1';

/** An observation as JSON: two-space indent, a newline at the end, the same text for equal observations. */
export function renderObservationJson(observation: Observation): string {
  return `${JSON.stringify(withSortedKeys(observation), undefined, 2)}\n`;
}

/**
 * Reads what `renderObservationJson` wrote, or takes the observation out of a report of `pare build`. It checks the schema's name and the
 * parts that plans are made of. Throws PareError `usage`; `source` names the file in its message.
 */
export function parseObservation(text: string, source: string): Observation {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(source, `it is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  if (!isObject(value)) throw invalid(source, 'it is not an object');
  if (value.schema === 'pare.report/1') value = parseReport(text, source).observation;
  const problem = firstProblem(value);
  if (problem !== undefined) throw invalid(source, problem);
  return value as Observation;
}

const isString = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function firstProblem(observation: unknown): string | undefined {
  if (!isObject(observation)) return 'it is not an object';
  const { schema, image, processes, files, syscalls, sockets, probes, answers, account } = observation;
  if (schema !== SCHEMA)
    return schema === undefined
      ? 'it has no schema'
      : `its schema is ${JSON.stringify(schema)}, not "${SCHEMA}"`;
  if (!isObject(image) || !isString(image.id) || !isString(image.reference)) return '"image" is none';
  if (!isList(processes, (one) => isObject(one) && isCount(one.id) && isList(one.argv, isString)))
    return '"processes" is no list of processes';
  const known = (processes as readonly unknown[]).length;
  if (!isList(files, (file) => isFileUse(file, known, probes))) return '"files" is no list of uses of paths';
  if (!isList(syscalls, (call) => isObject(call) && isString(call.name)))
    return '"syscalls" is no list of calls';
  if (!isList(sockets, isObject) || !isList(probes, isString) || !isList(answers, isObject))
    return '"sockets", "probes" or "answers" is no list';
  if (
    !isObject(account) ||
    !isCount(account.lost) ||
    !isCount(account.unreadable) ||
    !isList(account.notes, isString)
  )
    return '"account" is none';
  return undefined;
}

/** Positions must lead to something: a plan follows them. */
function isFileUse(value: unknown, processes: number, probes: unknown): boolean {
  if (!isObject(value)) return false;
  const { path, accesses, existed, process, probe } = value;
  if (typeof path !== 'string' || !path.startsWith('/') || path.includes('\0')) return false;
  if (!isList(accesses, isString) || typeof existed !== 'boolean') return false;
  if (!isCount(process) || (processes > 0 && (process as number) >= processes)) return false;
  return (
    probe === undefined || (isCount(probe) && Array.isArray(probes) && (probe as number) < probes.length)
  );
}

function invalid(source: string, why: string, cause?: unknown): PareError {
  return new PareError('usage', `${source} is no observation: ${why}`, {
    hint: 'give a file that pare observe or pare merge wrote, or the report.json of pare build',
    cause,
  });
}
