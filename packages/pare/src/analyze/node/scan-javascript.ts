import { isAbsolutePath, type NamedInSource } from '../named-programs.ts';
import { type JavaScriptToken, tokenizeJavaScript } from './javascript-tokens.ts';

type ImportKind = 'import' | 'require';

/** A module that a source names by a literal, and the way it does, which selects the package's entry point. */
export interface NamedModule {
  readonly specifier: string;
  readonly kind: ImportKind;
}

export interface ScannedJavaScript extends Omit<NamedInSource, 'imports'> {
  readonly modules: readonly NamedModule[];
  /** Paths beside the source: `new URL('./x', import.meta.url)`. */
  readonly besides: readonly string[];
}

/** Functions of node:child_process whose first argument is a program. */
const starters = new Set(['spawn', 'spawnSync', 'execFile', 'execFileSync']);
const shellStarters = new Set(['exec', 'execSync']);

/** Finds the modules, programs and files that a JavaScript or TypeScript source names by literal text. */
export function scanJavaScript(text: string): ScannedJavaScript {
  const modules = new Map<string, NamedModule>();
  const found = {
    besides: new Set<string>(),
    programs: new Set<string>(),
    shell: new Set<string>(),
    paths: new Set<string>(),
  };
  const startsPrograms = text.includes('child_process');
  let usesShell = false;
  // The four tokens before the current one, latest first.
  let before: readonly (JavaScriptToken | undefined)[] = [];
  for (const token of tokenizeJavaScript(text)) {
    const [first, second, third, fourth] = before;
    if (token.kind === 'string') {
      const kind = importKind(first, second, third, fourth);
      if (kind !== undefined) modules.set(`${kind} ${token.text}`, { specifier: token.text, kind });
      if (
        first?.text === '(' &&
        second?.text === 'URL' &&
        third?.text === 'new' &&
        token.text.startsWith('.')
      )
        found.besides.add(token.text);
      if (isAbsolutePath(token.text)) found.paths.add(token.text);
      if (startsPrograms && first?.text === '(' && second?.kind === 'word') {
        if (starters.has(second.text)) found.programs.add(token.text);
        if (shellStarters.has(second.text)) found.shell.add(token.text);
      }
    } else if (startsPrograms) {
      // `regexp.exec(…)` is no shell: a dot before it counts only after a name of the module.
      if (token.text === '(' && first?.kind === 'word' && shellStarters.has(first.text)) {
        usesShell ||= second?.text !== '.' || /^(?:cp|child_?process|childProcess)$/i.test(third?.text ?? '');
      }
      if (token.text === 'true' && first?.text === ':' && second?.text === 'shell') usesShell = true;
    }
    before = [token, first, second, third];
  }
  return {
    modules: [...modules.values()],
    besides: [...found.besides],
    programs: [...found.programs],
    shellCommands: usesShell ? [...found.shell] : [],
    usesShell,
    paths: [...found.paths],
  };
}

function importKind(
  first: JavaScriptToken | undefined,
  second: JavaScriptToken | undefined,
  third: JavaScriptToken | undefined,
  fourth: JavaScriptToken | undefined,
): ImportKind | undefined {
  if (first?.kind === 'string' || first === undefined) return undefined;
  if (first.text === '(') {
    if (
      second?.text === 'require' ||
      (second?.text === 'resolve' && third?.text === '.' && fourth?.text === 'require')
    )
      return 'require';
    if (second?.text === 'import') return 'import';
    // `import.meta.resolve('x')`.
    if (second?.text === 'resolve' && third?.text === '.' && fourth?.text === 'meta') return 'import';
    // Bundlers and transpilers rename it: `__require('x')`, `_require`, `req('x')` of createRequire.
    return second?.kind === 'word' && /^_+require\d*$/.test(second.text) ? 'require' : undefined;
  }
  return first.kind === 'word' && (first.text === 'from' || first.text === 'import') ? 'import' : undefined;
}
