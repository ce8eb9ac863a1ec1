import type { ImagePath } from '@pare/oci';
import { parentOf } from '../system-paths.ts';
import type { Family, RuleView } from './family.ts';

/**
 * .NET. A shared framework lies in `shared/NAME/VERSION`; a self-contained application brings its own beside it. What a
 * framework holds is loaded by name at the first use of a type: Microsoft.NETCore.App 8 measures 70 MB, ASP.NET 25 MB more.
 * Not measured by the corpus: Debian has no .NET.
 */
export const dotnet: Family = {
  id: 'dotnet',
  triggers: ['/**/lib{coreclr,hostpolicy}.so', '/**/System.Private.CoreLib.dll'],
  runtime: ['/usr/{share,lib,lib64}/dotnet/**', '/opt/dotnet/**', '/root/.dotnet/**'],
  drops: [
    '/**/dotnet/{sdk,sdk-manifests,templates,packs,library-packs}/**',
    '/**/lib{mscordbi,mscordaccore}*.so',
  ],
  rules: [
    {
      id: 'frameworks',
      level: 'used',
      keep: (view) => frameworks(view),
      reason: 'assemblies and native libraries are loaded when a type of theirs is first used',
      source: '.NET docs, "Managed assembly loading algorithm" and "Default probing"',
    },
    {
      // 36 MB of ICU data where the image does not choose the invariant mode
      id: 'native-libraries',
      level: 'used',
      keep: (view) => nativeLibraries(view),
      reason:
        'globalisation, cryptography and Kerberos are opened by names with versions when they are first needed',
      source: '.NET docs, "Linux dependencies"; DOTNET_SYSTEM_GLOBALIZATION_INVARIANT',
    },
  ],
};

/** The directories of the frameworks that were used, with the host that finds them. */
function* frameworks(view: RuleView): Iterable<ImagePath> {
  for (const directory of new Set(view.triggeredBy.map(parentOf))) {
    const root = /^(.*)\/shared\/[^/]+\/[^/]+$/.exec(directory)?.[1];
    // What a self-contained application brings is the application's own.
    if (root === undefined) continue;
    for (const { path } of view.tree.below(directory)) yield path;
    yield* view.expand(`${root}/host/**`);
    // An application of another framework (ASP.NET) loads the one below it too.
    for (const framework of view.tree.list(`${root}/shared` as ImagePath)) {
      const same = `${framework}/${directory.slice(directory.lastIndexOf('/') + 1)}` as ImagePath;
      if (framework.endsWith('.AspNetCore.App')) for (const { path } of view.tree.below(same)) yield path;
    }
  }
}

function* nativeLibraries(view: RuleView): Iterable<ImagePath> {
  const invariant = view.config.config.Env?.some((line) =>
    /^DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=(1|true)$/i.test(line),
  );
  const libraries = [
    'ssl',
    'crypto',
    'gssapi_krb5',
    'z',
    ...(invariant === true ? [] : ['icuuc', 'icui18n', 'icudata']),
  ];
  yield* view.expand(`/{usr/,}lib/{*/,}lib{${libraries.join(',')}}.so.*`);
}
