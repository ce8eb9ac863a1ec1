import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What a script takes. */
export interface ScriptUsage<O extends Options> {
  /** From "usage:" on; what `--help` prints, and whoever is refused. */
  readonly text: string;
  readonly options: O;
  /** What its words may be; empty: it takes none. Undefined: anything. */
  readonly names?: readonly string[] | undefined;
}

type Values<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true; allowNegative: true }>
>['values'];

/** What was asked of a script. */
export type CommandLine<O extends Options> =
  | { readonly kind: 'run'; readonly values: Values<O>; readonly names: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly why: string };

/** Reads a command line, without what starts the script. */
export function parseCommandLine<O extends Options>(
  words: readonly string[],
  { options, names }: ScriptUsage<O>,
): CommandLine<O> {
  if (words.includes('--help') || words.includes('-h')) return { kind: 'help' };
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
      allowNegative: true,
    });
    const unknown = positionals.find((word) => names !== undefined && !names.includes(word));
    if (unknown !== undefined) return { kind: 'refused', why: `${unknown} is none of ${listOf(names)}` };
    return { kind: 'run', values, names: positionals };
  } catch (error) {
    return { kind: 'refused', why: error instanceof Error ? error.message : String(error) };
  }
}

function listOf(names: readonly string[] = []): string {
  return names.length === 0 ? 'what it takes, which is nothing' : names.join(', ');
}

/** The same for this process: prints the usage and ends with 0 where that is asked for, and with 2 where it cannot be done. */
export function readCommandLine<O extends Options>(
  usage: ScriptUsage<O>,
): { readonly values: Values<O>; readonly names: readonly string[] } {
  const asked = parseCommandLine(process.argv.slice(2), usage);
  if (asked.kind === 'run') return asked;
  if (asked.kind === 'refused') refuse(asked.why, usage);
  process.stdout.write(usage.text);
  process.exit(0);
}

/** Ends this process for a command line that cannot be meant. */
export function refuse(why: string, { text }: { readonly text: string }): never {
  process.stderr.write(`${why}\n${text}`);
  process.exit(2);
}
