import { isAbsolutePath, type NamedInSource } from '../named-programs.ts';

export interface ScannedPython extends NamedInSource {
  /** Names given to ctypes, cffi or dlopen: sonames and paths, or short names for `find_library`. */
  readonly libraries: readonly string[];
}

/** A word of interest, a comment or a string; a string's prefix letters come before its quotes. */
const lexeme =
  /#[^\n]*|(?<triple>"""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?''')|(?<string>"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*')|(?<line>(?:^|[;:])[ \t]*(?:import|from)[ \t]+)|(?<shell>\bshell[ \t]*=[ \t]*True\b)/gm;

const importCall = /(?:\bimport_module|\b__import__|\bimportorskip|\bresolve_name)\s*\(\s*$/;
const programCall =
  /(?:\bsubprocess\.\w+|\bPopen|\bcheck_call|\bcheck_output|\bcreate_subprocess_exec|\bwhich|\bos\.(?:exec|spawn)\w+|\brun)\s*\(\s*(?:\[\s*|\(\s*)?$/;
const shellCall =
  /(?:\bos\.system|\bos\.popen|\bgetoutput|\bgetstatusoutput|\bcreate_subprocess_shell)\s*\(\s*f?$/;
const libraryCall = /(?:\bCDLL|\bPyDLL|\bLoadLibrary|\bfind_library|\bdlopen|\bcdll\.LoadLibrary)\s*\(\s*$/;

/**
 * Finds what a Python source names by literal text: modules (relative ones with their dots; a name that `from`
 * imports comes as `module.name` too), programs, shell commands, libraries and absolute paths.
 */
export function scanPython(text: string): ScannedPython {
  const found = {
    imports: new Set<string>(),
    programs: new Set<string>(),
    shell: new Set<string>(),
    paths: new Set<string>(),
    libraries: new Set<string>(),
  };
  let usesShell = false;
  const expression = new RegExp(lexeme);
  for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
    const { string, line, shell } = match.groups ?? {};
    if (shell !== undefined) usesShell = true;
    if (line !== undefined) {
      for (const name of parseImport(text, match.index, expression.lastIndex)) found.imports.add(name);
    }
    if (string === undefined) continue;
    const value = string.slice(1, -1);
    const before = text.slice(Math.max(0, match.index - 60), match.index);
    if (isAbsolutePath(value)) found.paths.add(value);
    if (importCall.test(before)) found.imports.add(value);
    if (libraryCall.test(before)) found.libraries.add(value);
    if (shellCall.test(before)) {
      usesShell = true;
      found.shell.add(value);
    }
    if (programCall.test(before)) {
      // Without a shell the first element is the program; a whole line needs one, and either way its first word runs.
      if (/\s/.test(value)) found.shell.add(value);
      else found.programs.add(value);
    }
  }
  usesShell ||= /\bos\.(?:system|popen)\s*\(/.test(text);
  return {
    imports: [...found.imports],
    programs: [...found.programs],
    shellCommands: [...found.shell],
    usesShell,
    paths: [...found.paths],
    libraries: [...found.libraries],
  };
}

const statementLimit = 20_000;

function parseImport(text: string, start: number, end: number): readonly string[] {
  const keyword = text.slice(start, end);
  const statement = statementAt(text, end);
  if (keyword.includes('import')) return statement.split(',').flatMap((part) => moduleName(part) ?? []);
  const match = /^(\.*[\w.]*)\s*import\b([\s\S]*)$/.exec(statement);
  const module = match?.[1];
  if (module === undefined || module === '' || match?.[2] === undefined) return [];
  const names = match[2]
    .replace(/[()]/g, ' ')
    .split(',')
    .flatMap((part) => moduleName(part) ?? []);
  const separator = module.endsWith('.') ? '' : '.';
  return [module, ...names.map((name) => `${module}${separator}${name}`)];
}

function moduleName(part: string): string | undefined {
  return /^\s*([\w.]+)/.exec(part)?.[1];
}

/** The rest of a statement, its continued lines joined and comments left out. */
function statementAt(text: string, start: number): string {
  const most = text.slice(start, start + statementLimit);
  const open = /^[^\n#;\\(]*\(/.test(most);
  if (open)
    return most.slice(0, most.indexOf(')') < 0 ? most.length : most.indexOf(')')).replace(/#[^\n]*/g, '');
  return most.replace(/\\\r?\n/g, ' ').replace(/[\n#;][\s\S]*$/, '');
}
