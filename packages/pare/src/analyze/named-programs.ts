import type { ImagePath } from '@pare/oci';
import type { Fact } from '../model/fact.ts';
import type { ImageView } from './analyzer.ts';
import { joinPath, rootPath } from './image-path.ts';
import { findProgram } from './image-view.ts';
import { shellFacts } from './interpreters/index.ts';
import { findShellUse } from './interpreters/shell-commands.ts';

/** What a program's source names by literal text. */
export interface NamedInSource {
  /** Modules as written. */
  readonly imports: readonly string[];
  /** Programs that it starts without a shell. */
  readonly programs: readonly string[];
  /** Command lines that it gives to a shell. */
  readonly shellCommands: readonly string[];
  /** Whether it starts a shell, also with a command that is not literal. */
  readonly usesShell: boolean;
  /** String literals that are absolute paths. */
  readonly paths: readonly string[];
}

/** Facts about the programs and files that a source names, whatever its language. */
export function namedFacts(view: ImageView, from: ImagePath, named: Omit<NamedInSource, 'imports'>): Fact[] {
  const facts: Fact[] = [];
  for (const command of named.programs) {
    const to = findProgram(view, command);
    if (to !== undefined)
      facts.push({ kind: 'needs', from, to, reason: { kind: 'script-command', of: from, command } });
  }
  for (const line of named.shellCommands)
    facts.push(...shellFacts(view, from, findShellUse(line, view.environment)));
  if (named.usesShell) facts.push({ kind: 'uses-shell', from });
  for (const name of named.paths) {
    const to = joinPath(rootPath, name);
    if (view.fileAt(to) !== undefined && to !== from)
      facts.push({ kind: 'needs', from, to, reason: { kind: 'import', of: from, name } });
  }
  return facts;
}

/** Whether a literal may be an absolute path of a file. */
export function isAbsolutePath(text: string): boolean {
  return text.length > 3 && text.length < 1024 && /^\/[\w.@+-]+(?:\/[\w.@+ -]+)+$/.test(text);
}
