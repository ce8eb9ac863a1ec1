import { isObject, type JsonValue, namesIn, parseJson, stringIn } from '../json-value.ts';

/** A library of a `deps.json`: a NuGet package, or the application's own project. */
export interface DotnetLibrary {
  readonly name: string;
  readonly version: string;
  readonly isPackage: boolean;
  /** File names of assemblies, native libraries and resources, as they lie beside the application after publishing. */
  readonly files: readonly string[];
  /** Names of libraries that it needs. */
  readonly needs: readonly string[];
}

const fileGroups = ['runtime', 'native', 'resources', 'runtimeTargets'];

/**
 * Parses an `APP.deps.json` (.NET docs, "runtime configuration files"; host design, "deps.json format"). Throws SyntaxError
 * for text that is no JSON; empty for JSON of another shape.
 */
export function parseDepsJson(text: string): readonly DotnetLibrary[] {
  const json = parseJson(text);
  if (!isObject(json) || !isObject(json.targets) || !isObject(json.libraries)) return [];
  const target = isObject(json.runtimeTarget) ? stringIn(json.runtimeTarget, 'name') : undefined;
  const chosen = json.targets[target ?? ''] ?? Object.values(json.targets)[0];
  if (!isObject(chosen)) return [];
  const { libraries } = json;
  return Object.entries(chosen).flatMap(([key, value]) => {
    const [name, version] = key.split('/', 2);
    if (name === undefined || name === '' || !isObject(value)) return [];
    const library = libraries[key];
    return [
      {
        name,
        version: version ?? '',
        isPackage: isObject(library) && stringIn(library, 'type') === 'package',
        files: fileGroups.flatMap((group) => filesOf(group, value[group])),
        needs: namesIn(value, 'dependencies'),
      },
    ];
  });
}

/** Publishing flattens `lib/net8.0/X.dll` to `X.dll`; resources keep their locale, files for one platform their `runtimes/…`. */
function filesOf(group: string, files: JsonValue | undefined): readonly string[] {
  if (!isObject(files)) return [];
  return Object.entries(files).flatMap(([path, about]) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name === '' || name === '_._' || path.includes('\0')) return [];
    if (group === 'runtimeTargets') return [path];
    const locale = isObject(about) ? stringIn(about, 'locale') : undefined;
    return group === 'resources' && locale !== undefined ? [`${locale}/${name}`] : [name];
  });
}
