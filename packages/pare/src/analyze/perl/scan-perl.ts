import { isAbsolutePath, type NamedInSource } from '../named-programs.ts';

/** POD blocks, comments and the data after `__END__`. */
const skipped =
  /^=[a-zA-Z][\s\S]*?(?:^=cut\b[^\n]*|(?![\s\S]))|^__(?:END|DATA)__$[\s\S]*|(?:^|(?<=\s))#[^\n]*/gm;

const statement =
  /(?:^|[;{}]|\b(?:and|or|eval|do)\b)\s*(?<keyword>use|no|require|do)\s+(?:(?<module>[A-Za-z_]\w*(?:::\w+)*)(?<rest>[^;]*)|["'](?<file>[^"'\n$@]+)["'])|\b(?<call>system|exec)\s*\(?\s*(?<argument>'[^'\n]*'|"[^"\n]*")|\bqx\s*(?:\((?<braced>[^)\n]*)\)|\{(?<curled>[^}\n]*)\}|\/(?<slashed>[^/\n]*)\/)|(?<=(?:^|[=(,{;?:&|.]|\breturn|\bprint|\bin)\s*)`(?<quoted>[^`\n]*)`|(?<literal>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/gm;

/** Pragmas that take modules as arguments. */
const inheriting = new Set(['base', 'parent', 'aliased', 'Mojo::Base']);

/** IPC::Open2, IPC::Open3 and `open` with a mode of `-|` or `|-`: the first literal after the handles is the program. */
const pipes = /\b(?:open[23]\s*\(?|open\b[^;]*?["'](?:-\||\|-)["']\s*,)(?<rest>[^;]{0,300})/g;

/** The tables that Encode loads by the name of an encoding (Encode::Config(3perl), `%ExtModule`). */
const encodings = ['Byte', 'CN', 'EBCDIC', 'JP', 'KR', 'Symbol', 'TW', 'Unicode'].map(
  (name) => `Encode::${name}`,
);
const converts = /\bEncode\b|:encoding\(|\buse\s+(?:open|encoding)\b|\bfrom_to\s*\(/;

/** Finds what a Perl source names by literal text; modules as `A::B`, files with their extension. */
export function scanPerl(text: string): NamedInSource {
  const imports = new Set<string>();
  const shell = new Set<string>();
  const paths = new Set<string>();
  let usesShell = false;
  const code = text.replace(skipped, '');
  for (const { groups = {} } of code.matchAll(statement)) {
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
    if (literal === undefined) continue;
    if (isAbsolutePath(literal.slice(1, -1))) paths.add(literal.slice(1, -1));
    // DBI(3pm), "connect": the driver is a module that is loaded by the name in the data source.
    const driver = /^.dbi:(\w+)[:(]/i.exec(literal)?.[1];
    if (driver !== undefined) imports.add(`DBD::${driver}`);
  }
  if (converts.test(code)) for (const name of encodings) imports.add(name);
  const programs = new Set<string>();
  for (const { groups = {} } of code.matchAll(pipes)) {
    const program = /["']([\w./+-]+)["']/.exec(groups.rest ?? '')?.[1];
    if (program !== undefined) programs.add(program);
  }
  return {
    imports: [...imports],
    programs: [...programs],
    shellCommands: [...shell],
    usesShell,
    paths: [...paths],
  };
}
