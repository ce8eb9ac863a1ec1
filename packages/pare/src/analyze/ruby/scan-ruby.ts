import { isAbsolutePath, type NamedInSource } from '../named-programs.ts';

export interface ScannedRuby extends NamedInSource {
  /** Names given to require_relative and to `require File.expand_path('…', __FILE__)`, seen from the source. */
  readonly relative: readonly string[];
  /** Names given to FFI's ffi_lib and Fiddle's dlopen. */
  readonly libraries: readonly string[];
}

/** Comments, POD-like blocks and the data after `__END__`; a `#` inside a word or before `{` is no comment. */
const skipped = /^=begin\b[\s\S]*?^=end\b[^\n]*|^__END__$[\s\S]*|(?:^|(?<=\s))#(?!\{)[^\n]*/gm;

const calls =
  /\b(?<call>require_relative|require|load|autoload|system|exec|spawn|popen\w*|capture2e?|capture3|ffi_lib|dlopen|pipeline\w*)\b(?:\s*\(\s*|\s+|\s*\[\s*)(?::\w+\s*,\s*)?(?<expand>File\.expand_path\s*\(?\s*)?(?<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n#]|\\.)*")|(?<=(?:^|[=(,{;?:&|+]|\breturn|\bputs)\s*)`(?<quoted>[^`\n]*)`|%x(?:\((?<braced>[^)\n]*)\)|\{(?<curled>[^}\n]*)\}|\[(?<bracketed>[^\]\n]*)\])|(?<literal>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/gm;

/** Gems behind the template methods of Sinatra (its README, "Available Template Languages"), required at their first call. */
const templateMethods =
  /^[^#\n]*?(?:^|[{;]|\bdo\b(?:\s*\|[^|]*\|)?)\s*(?<method>builder|haml|liquid|markaby|markdown|nokogiri|rabl|rdoc|sass|scss|slim)\b(?!\s*[.=])/gm;

/** Converters that Ruby loads by the name of an encoding (`enc/trans/*.so`; Encoding::Converter, "Supported conversions"). */
const converters = [
  ...['big5', 'chinese', 'ebcdic', 'emoji', 'gb18030', 'gbk', 'japanese', 'japanese_euc', 'japanese_sjis'],
  ...[
    'korean',
    'utf8_mac',
    'emoji_iso2022_kddi',
    'emoji_sjis_docomo',
    'emoji_sjis_kddi',
    'emoji_sjis_softbank',
  ],
].map((name) => `enc/trans/${name}`);
const converts =
  /\.(?:en|un)code!?\b(?!64)|\bEncoding::Converter\b|\bset_encoding\b|\bexternal_encoding\b|\bIconv\b|["'](?:[rwa]b?\+?):[\w-]+/i;

/** Finds what a Ruby source names by literal text. */
export function scanRuby(text: string): ScannedRuby {
  const found = {
    imports: new Set<string>(),
    relative: new Set<string>(),
    programs: new Set<string>(),
    shell: new Set<string>(),
    paths: new Set<string>(),
    libraries: new Set<string>(),
  };
  let usesShell = false;
  const code = text.replace(skipped, '');
  for (const { groups = {} } of code.matchAll(calls)) {
    const script = groups.quoted ?? groups.braced ?? groups.curled ?? groups.bracketed;
    if (script !== undefined) {
      usesShell = true;
      // What comes after an interpolation is not known, but the program is.
      found.shell.add(script.replace(/#\{[^}]*\}/g, '$_'));
    }
    if (groups.literal !== undefined && isAbsolutePath(groups.literal.slice(1, -1)))
      found.paths.add(groups.literal.slice(1, -1));
    // Commands inside of a string's interpolations: "#{`date`.strip}".
    for (const [, inner = ''] of groups.literal?.matchAll(/#\{[^}]*?`([^`]*)`/g) ?? []) {
      usesShell = true;
      found.shell.add(inner);
    }
    const value = groups.string?.slice(1, -1);
    if (value === undefined) continue;
    switch (groups.call) {
      case 'require':
      case 'load':
      case 'autoload':
        if (groups.expand === undefined) found.imports.add(value);
        // `File.expand_path('../x', __FILE__)` takes one step up for the file itself.
        else found.relative.add(value.replace(/^\.\.\//, ''));
        break;
      case 'require_relative':
        found.relative.add(value);
        break;
      case 'ffi_lib':
      case 'dlopen':
        found.libraries.add(value);
        break;
      default:
        // A command line with a character that is special to the shell goes through one (Ruby, Kernel#exec).
        usesShell ||= /[*?{}[\]<>()~&|\\$;'`"\n#=%]/.test(value);
        found.shell.add(value);
    }
  }
  if (found.imports.has('kconv')) found.imports.add('nkf');
  if (converts.test(code)) for (const name of converters) found.imports.add(name);
  if ([...found.imports].some((name) => /^sinatra(\/|$)/.test(name))) {
    for (const { groups = {} } of code.matchAll(templateMethods)) found.imports.add(groups.method ?? '');
  }
  return {
    imports: [...found.imports],
    relative: [...found.relative],
    programs: [...found.programs],
    shellCommands: [...found.shell],
    usesShell,
    paths: [...found.paths],
    libraries: [...found.libraries],
  };
}
