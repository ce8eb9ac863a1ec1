import { isAbsolutePath, type NamedInSource } from '../named-programs.ts';

/** POD blocks, comments and the data after `__END__`. */
const skipped =
  /^=[a-zA-Z][\s\S]*?(?:^=cut\b[^\n]*|(?![\s\S]))|^__(?:END|DATA)__$[\s\S]*|(?:^|(?<=\s))#[^\n]*/gm;

const statement =
  /(?:^|[;{}]|\b(?:and|or|eval|do)\b)\s*(?<keyword>use|no|require|do)\s+(?:(?<module>[A-Za-z_]\w*(?:::\w+)*)(?<rest>[^;]*)|["'](?<file>[^"'\n$@]+)["'])|\b(?<call>system|exec)\s*\(?\s*(?<argument>'[^'\n]*'|"[^"\n]*")|\bqx\s*(?:\((?<braced>[^)\n]*)\)|\{(?<curled>[^}\n]*)\}|\/(?<slashed>[^/\n]*)\/)|(?<=(?:^|[=(,{;?:&|]|\breturn|\bprint|\bin)\s*)`(?<quoted>[^`\n]*)`|(?<literal>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/gm;

/** Pragmas that take modules as arguments. */
const inheriting = new Set(['base', 'parent', 'aliased', 'Mojo::Base']);

/** Finds what a Perl source names by literal text; modules as `A::B`, files with their extension. */
export function scanPerl(text: string): NamedInSource {
  const imports = new Set<string>();
  const shell = new Set<string>();
  const paths = new Set<string>();
  let usesShell = false;
  for (const { groups = {} } of text.replace(skipped, '').matchAll(statement)) {
    const { keyword, module, rest, file, literal } = groups;
    if (module !== undefined && keyword !== 'do' && !/^v?\d/.test(module)) {
      imports.add(module);
      if (inheriting.has(module))
        for (const [name] of (rest ?? '').matchAll(/\b[A-Z]\w*(?:::\w+)*/g)) imports.add(name);
    }
    if (file !== undefined) imports.add(file);
    const script = groups.quoted ?? groups.braced ?? groups.curled ?? groups.slashed;
    const argument = groups.argument?.slice(1, -1);
    if (script !== undefined || argument !== undefined) {
      // perl starts a shell only for shell metacharacters (perlfunc, exec); a backquoted line has them as a rule.
      usesShell ||= script !== undefined || /[$&*(){}[\]'";\\|?<>~`\n]/.test(argument ?? '');
      shell.add(script ?? argument ?? '');
    }
    if (literal !== undefined && isAbsolutePath(literal.slice(1, -1))) paths.add(literal.slice(1, -1));
  }
  return { imports: [...imports], programs: [], shellCommands: [...shell], usesShell, paths: [...paths] };
}
