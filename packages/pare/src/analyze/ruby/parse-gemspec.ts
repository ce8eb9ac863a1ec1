/** What an installed gem's specification says, read from its text and not by running it. */
export interface GemSpecification {
  readonly name: string;
  readonly version: string;
  /** Directory name below `gems/`: name, version and a platform other than `ruby`. */
  readonly fullName: string;
  readonly requirePaths: readonly string[];
  readonly executables: readonly string[];
  /** Names of gems that it needs at run time. */
  readonly dependencies: readonly string[];
}

const dependencyCalls =
  /\.add_(?<kind>runtime_|development_)?dependency\s*\(?\s*(?:%q<(?<name>[^>]+)>|'(?<single>[^']+)'|"(?<double>[^"]+)")/g;

/**
 * Parses a specification as RubyGems writes it on installation (`Gem::Specification#to_ruby`); hand-written ones
 * give as much as they say by literals. `fileName` is `NAME-VERSION[-PLATFORM].gemspec`.
 */
export function parseGemspec(text: string, fileName: string): GemSpecification | undefined {
  const fullName = fileName.replace(/\.gemspec$/, '');
  const fromFile = /^(.+?)-(\d[\w.]*)(?:-.+)?$/.exec(fullName);
  const name = stringOf(text, 'name') ?? fromFile?.[1];
  const version = stringOf(text, 'version') ?? fromFile?.[2];
  if (name === undefined || version === undefined) return undefined;
  const requirePaths = listOf(text, 'require_paths');
  return {
    name,
    version,
    fullName,
    requirePaths: requirePaths.length > 0 ? requirePaths : ['lib'],
    executables: listOf(text, 'executables'),
    dependencies: runtimeDependencies(text),
  };
}

/**
 * Specifications that RubyGems 3.3 and older wrote (all of Debian's) name every dependency twice: by kind, and for RubyGems
 * without kinds once more as `add_dependency` below an `else`. There a name is one for development if it is so above.
 */
function runtimeDependencies(text: string): readonly string[] {
  const ofAnyKind = /^[ \t]*else\b/m.exec(text)?.index ?? text.length;
  const runtime = new Set<string>();
  const development = new Set<string>();
  const repeated: string[] = [];
  for (const { index, groups = {} } of text.matchAll(dependencyCalls)) {
    const name = groups.name ?? groups.single ?? groups.double ?? '';
    if (groups.kind === 'development_') development.add(name);
    else if (groups.kind === undefined && index > ofAnyKind) repeated.push(name);
    else runtime.add(name);
  }
  return [...new Set([...runtime, ...repeated.filter((name) => !development.has(name))])];
}

function stringOf(text: string, field: string): string | undefined {
  return new RegExp(
    `^\\s*\\w+\\.${field}\\s*=\\s*(?:Gem::Version\\.new\\s*\\(?\\s*)?["']([^"'\\n]+)["']`,
    'm',
  ).exec(text)?.[1];
}

function listOf(text: string, field: string): readonly string[] {
  const list = new RegExp(`^\\s*\\w+\\.${field}\\s*=\\s*\\[([^\\]]*)\\]`, 'm').exec(text)?.[1] ?? '';
  return [...list.matchAll(/["']([^"'\n]+)["']/g)].map((match) => match[1] as string);
}
