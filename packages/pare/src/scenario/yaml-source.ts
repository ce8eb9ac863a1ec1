import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { PareError } from '../model/pare-error.ts';

/** Keys and positions from the top of a document. */
export type KeyPath = readonly (string | number)[];

/** A YAML document, and where in its file things are. */
export interface YamlSource {
  readonly value: unknown;
  /** A PareError `usage` that names the file, the line, the column and the key. */
  fault(path: KeyPath, problem: string, hint?: string): PareError;
}

/** Aliases may repeat one another; a document that grows beyond this by them is refused by the parser. */
const aliasLimit = 100;

/**
 * Parses YAML 1.2 with merge keys. `file` is what errors call it. Throws PareError `usage` for text that is no YAML, with
 * the line of the fault.
 */
export function parseYamlSource(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const at = (offset: number | undefined) => {
    if (offset === undefined) return file;
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const error = document.errors[0];
  if (error !== undefined) throw new PareError('usage', `${at(error.pos[0])}: ${error.message}`);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: aliasLimit });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PareError('usage', `${file}: ${why}`, { cause });
  }
  const offsetOf = (path: KeyPath): number | undefined => {
    for (let length = path.length; length > 0; length -= 1) {
      const parent = document.getIn(path.slice(0, length - 1), true);
      const key = path[length - 1];
      // The key says more than the value: an unknown one is the fault itself.
      const pair = isMap(parent)
        ? parent.items.find((item) => (isScalar(item.key) ? item.key.value : item.key) === key)
        : undefined;
      const node = pair?.key ?? document.getIn(path.slice(0, length), true);
      const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
      if (Array.isArray(range) && typeof range[0] === 'number') return range[0];
    }
    return document.contents?.range?.[0];
  };
  return {
    value,
    fault(path, problem, hint) {
      const key = renderKeyPath(path);
      const message = `${at(offsetOf(path))}: ${key === '' ? '' : `${key}: `}${problem}`;
      return new PareError('usage', message, hint === undefined ? {} : { hint });
    },
  };
}

/** `probes[1].http.port` */
function renderKeyPath(path: KeyPath): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`))
    .join('');
}
