import type { ImagePath } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Analyzer, ImageView, ProbedFile } from '../analyzer.ts';
import { joinPath, parentPath, rootPath } from '../image-path.ts';
import { findProgram } from '../image-view.ts';
import { textOf } from '../probe-file.ts';
import { parseShebang } from './shebang.ts';
import { findShellUse, type ShellUse } from './shell-commands.ts';

const shells = /^(?:ba|da|a|k|z|mk)?sh$/;

/** Scripts: the interpreter of any script, and what shell scripts start. */
export const analyzer: Analyzer = {
  id: 'interpreters',
  files: {
    claims: (file) => file.interpreter !== undefined || isShellScript(file),
    async prepare(view) {
      return async (probed) => {
        const facts = shebangFacts(view, probed);
        if (!isShellScript(probed)) return facts;
        const use = findShellUse(await textOf(view, probed), view.environment);
        return [...facts, ...shellFacts(view, probed.path, use)];
      };
    },
  },
};

function isShellScript({ interpreter, extension }: ProbedFile): boolean {
  return interpreter === undefined ? /^\.(?:sh|bash|ash)$/.test(extension) : shells.test(interpreter);
}

function shebangFacts(view: ImageView, { path, head }: ProbedFile): Fact[] {
  const shebang = parseShebang(head);
  if (shebang === undefined) return [];
  const facts: Fact[] = [
    {
      kind: 'needs',
      from: path,
      to: joinPath(rootPath, shebang.interpreter),
      reason: { kind: 'shebang', of: path },
    },
  ];
  const program = shebang.command === undefined ? undefined : findProgram(view, shebang.command);
  if (program !== undefined)
    facts.push({ kind: 'needs', from: path, to: program, reason: { kind: 'shebang', of: path } });
  return facts;
}

/** Turns what a script's text says into facts about files that are there. */
export function shellFacts(view: ImageView, from: ImagePath, use: ShellUse): Fact[] {
  const facts: Fact[] = [];
  const add = (to: ImagePath, command: string): void => {
    if (to !== from)
      facts.push({ kind: 'needs', from, to, reason: { kind: 'script-command', of: from, command } });
  };
  for (const command of use.commands) {
    const program = command.includes('/') ? besideOrBelow(view, from, command) : findProgram(view, command);
    if (program !== undefined) add(program, command);
  }
  for (const path of use.paths) {
    const file = besideOrBelow(view, from, path);
    if (file !== undefined) add(file, path);
  }
  return facts;
}

/** A path as a script names it: relative ones from the image's working directory, or from beside the script. */
function besideOrBelow(view: ImageView, from: ImagePath, name: string): ImagePath | undefined {
  if (name.includes('\0')) return undefined;
  const directories = name.startsWith('/')
    ? [rootPath]
    : [joinPath(rootPath, view.config.config.WorkingDir ?? '/'), parentPath(from)];
  return directories
    .map((directory) => joinPath(directory, name))
    .find((path) => view.fileAt(path) !== undefined);
}
