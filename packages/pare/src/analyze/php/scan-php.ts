import { isAbsolutePath, type NamedInSource } from '../named-programs.ts';

export interface ScannedPhp extends NamedInSource {
  /** Paths given to include and require, seen from the source: `__DIR__ . '/x.php'`, `dirname(__DIR__) . '/x.php'`. */
  readonly beside: readonly string[];
}

/** Comments, strings and what is named; a here-document is taken for code, which finds too much and never too little. */
const lexeme =
  /\/\*[\s\S]*?\*\/|(?:\/\/|#(?!\[))[^\n]*|\b(?<include>include|include_once|require|require_once)\b\s*\(?\s*(?:(?<up>dirname\s*\(\s*(?:__DIR__|__FILE__)\s*(?:,\s*(?<levels>\d+)\s*)?\)|__DIR__)\s*\.\s*)?(?<file>'[^'\n]*'|"[^"\n$]*")|\b(?<call>exec|shell_exec|system|passthru|popen|proc_open)\s*\(\s*(?<command>'[^'\n]*'|"[^"\n]*")?|`(?<quoted>[^`]*)`|(?<literal>'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*")/g;

/** Finds what a PHP source names by literal text. `imports` are paths as given, for the include path. */
export function scanPhp(text: string): ScannedPhp {
  const found = {
    imports: new Set<string>(),
    beside: new Set<string>(),
    shell: new Set<string>(),
    paths: new Set<string>(),
  };
  let usesShell = false;
  for (const { groups = {} } of text.matchAll(lexeme)) {
    const file = groups.file?.slice(1, -1);
    if (file !== undefined) {
      if (groups.up === undefined) found.imports.add(file);
      else found.beside.add(`${upwards(groups.up, groups.levels)}${file}`);
    }
    if (groups.call !== undefined || groups.quoted !== undefined) {
      // All of them go through a shell (PHP manual, "Program execution Functions").
      usesShell = true;
      const command = groups.command?.slice(1, -1) ?? groups.quoted;
      if (command !== undefined) found.shell.add(command);
    }
    const literal = groups.literal?.slice(1, -1);
    if (literal !== undefined && isAbsolutePath(literal)) found.paths.add(literal);
  }
  return {
    imports: [...found.imports],
    beside: [...found.beside],
    programs: [],
    shellCommands: [...found.shell],
    usesShell,
    paths: [...found.paths],
  };
}

/** `dirname(__FILE__)` is the source's own directory, `dirname(__DIR__)` the one above, `dirname(__DIR__, 2)` two above. */
function upwards(expression: string, levels: string | undefined): string {
  if (!expression.startsWith('dirname')) return '.';
  const steps = Math.min(Number(levels ?? 1), 32) - (expression.includes('__FILE__') ? 1 : 0);
  return steps <= 0 ? '.' : Array.from({ length: steps }, () => '..').join('/');
}
