import type { Package } from '../model/package.ts';
import { matchAny } from './glob.ts';
import { isOperatingSystemPackage } from './package-index.ts';
import { parentOf } from './system-paths.ts';

interface Droppable {
  readonly what: string;
  readonly source: string;
  readonly globs: readonly string[];
}

/** What a whole operating-system package is kept without at `used`. A path that was observed stays all the same. */
const operatingSystemDroppable: readonly Droppable[] = [
  {
    what: 'documentation',
    source: 'Debian Policy 12.3: programs must not need /usr/share/doc; FHS 3.0, 4.11 for man and info',
    globs: [
      '/usr/share/{doc,doc-base,man,info,gtk-doc,help,lintian,linda,bug,reportbug,menu,common-licenses}/**',
      '/usr/local/share/{doc,man,info}/**',
      '/usr/share/{vim,emacs,bash-completion,zsh,fish,nano}/**',
      '/etc/bash_completion.d/**',
    ],
  },
  {
    what: 'development files',
    source: 'Debian Policy 8.4: what belongs to a -dev package',
    globs: [
      '/usr/{local/,}include/**',
      '/{usr/,}lib/**/*.{a,la}',
      '/usr/{lib,share}/**/{pkgconfig,cmake,aclocal}/**',
      '/usr/share/{aclocal,pkgconfig,cmake,gir-1.0,vala,swig}/**',
      '/usr/share/nodejs/@types/**',
      '/usr/share/nodejs/**/*.d.{ts,mts,cts}',
    ],
  },
  {
    what: 'byte code, compiled again from the source when it is missing',
    source: 'PEP 3147',
    globs: ['/usr/{lib,share}/**/__pycache__/**'],
  },
  {
    what: 'tests and C sources of python distributions, node packages and gems that are packaged for the system',
    source:
      "the rows below, of each language's own packages, for Debian's places of them (python, node and ruby policies)",
    globs: [
      '/usr/lib/python3*/dist-packages/**/tests/**',
      // `.po` is what `.mo` is compiled from (python docs, gettext): 8 MB of django.
      '/usr/lib/python3*/dist-packages/**/*.{c,h,cc,cpp,hpp,pyx,pxd,pxi,f,f90,po,pot}',
      '/usr/share/nodejs/**/{test,tests,docs,example,examples}/**',
      '/usr/share/nodejs/**/*.{md,map,flow}',
      '/usr/{share/rubygems-integration,lib/*/rubygems-integration}/*/gems/*/{test,tests,spec,doc,docs,examples,ext,benchmark}/**',
    ],
  },
  {
    what: 'debugging files',
    source: 'GDB manual, "Auto-loading"; systemtap tapsets',
    globs: ['/usr/{lib/debug,share/gdb,share/gcc,share/systemtap,share/apport}/**'],
  },
  {
    what: 'units of a boot that a container does not have',
    source: 'systemd.unit(5), insserv(8), cron(8), logrotate(8), initramfs-tools(7), ufw(8), apparmor.d(5)',
    globs: [
      '/{usr/,}lib/{systemd,udev,tmpfiles.d,sysusers.d,sysctl.d,modprobe.d,modules-load.d}/**',
      '/etc/{systemd,init,init.d,rc[0-6S].d,insserv,cron.d,cron.daily,cron.hourly,cron.monthly,cron.weekly}/**',
      '/etc/{logrotate.d,ufw,apparmor.d,apparmor,udev,sysctl.d}/**',
      '/usr/share/{initramfs-tools,polkit-1,applications,metainfo,pixmaps,upstart}/**',
    ],
  },
  {
    what: 'message catalogues and manuals in other languages: the glibc family keeps those that can be selected',
    source: 'gettext manual, "Locating Message Catalog Files"',
    globs: ['/usr/share/{locale,locale-langpack,i18n}/**'],
  },
  {
    what: 'records of the package manager',
    source: 'dpkg(1), apt(8), apk(8)',
    globs: ['/var/lib/{dpkg,apt}/**', '/lib/apk/db/**', '/var/cache/{apt,debconf}/**'],
  },
];

/** What a language package is kept without, relative to the directory of its manifest. */
const packageRootDroppable: Readonly<Record<'npm' | 'gem' | 'composer' | 'erlang', Droppable>> = {
  npm: {
    what: 'tests, documents, typings and source maps of a node package',
    source: 'npm docs, "Developers: keeping files out of your package": what publishers forget to leave out',
    globs: [
      '{test,tests,__tests__,spec,docs,doc,example,examples,benchmark,benchmarks,bench,coverage,.github,man}/**',
      '**/*.{md,markdown,mdx,map,flow}',
      '**/*.d.{ts,mts,cts}',
      '**/{CHANGELOG,HISTORY,CHANGES,AUTHORS,CONTRIBUTORS}',
      // Builds beside the one that `main` or `exports` names: 23 MB of sql.js.
      '{dist,build}/**/*{-,.}debug.{js,cjs,mjs,wasm}',
      '{dist,build}/**/*.{zip,tgz,tar.gz}',
    ],
  },
  gem: {
    what: 'tests, documents and C sources of a gem',
    source: 'RubyGems guides, "Gems with Extensions": ext/ is compiled into lib/ at installation',
    globs: [
      '{test,tests,spec,features,doc,docs,example,examples,sample,samples,benchmark,benchmarks,ext,.github}/**',
      '**/*.{md,markdown,rdoc,o,c,h,cc,cpp,java}',
    ],
  },
  composer: {
    what: 'tests and documents of a PHP package',
    source:
      'Composer docs, "What are the recommended export-ignore entries": what publishers forget to leave out',
    globs: [
      '{tests,Tests,test,doc,docs,examples,.github}/**',
      '**/*.{md,rst,dist}',
      '{phpunit,psalm,phpstan}*',
    ],
  },
  erlang: {
    what: 'sources, documents and tests of an Erlang application',
    source:
      'OTP Design Principles, "Directory structure for a released system": ebin, priv and include are needed',
    globs: ['{src,doc,docs,c_src,examples,test,tests}/**', '**/*.{md,erl,hrl,yrl,xrl}'],
  },
};

/**
 * `.pyi` stubs stay: lazy_loader reads them at run time. A directory `test` stays (django.test is code), `tests` goes.
 */
const pythonDroppable: Droppable = {
  what: 'tests, caches, C sources and sources of message catalogues of a python distribution',
  source: 'PEP 3147 for __pycache__: compiled from the source again when it is missing',
  globs: ['/**/tests/**', '/**/__pycache__/**', '/**/*.{c,h,cc,cpp,hpp,pyx,pxd,pxi,f,f90,a,po,pot}'],
};

const isOperatingSystemDroppable = matchAny(operatingSystemDroppable.flatMap((row) => row.globs));
const isPythonDroppable = matchAny(pythonDroppable.globs);
const isNpmDroppable = matchAny(packageRootDroppable.npm.globs);
const isGemDroppable = matchAny(packageRootDroppable.gem.globs);
const isComposerDroppable = matchAny(packageRootDroppable.composer.globs);
const isErlangDroppable = matchAny(packageRootDroppable.erlang.globs);

/** What a package that is kept whole is kept without at `used`: documents, tests, headers, maps, typings. */
export function droppableOf(pkg: Package): (path: string) => boolean {
  if (isOperatingSystemPackage(pkg)) return isOperatingSystemDroppable;
  switch (pkg.ecosystem) {
    case 'python':
      return isPythonDroppable;
    case 'npm':
      return below(rootOf(pkg, 'package.json'), isNpmDroppable);
    case 'gem':
      return below(gemRootOf(pkg), isGemDroppable);
    case 'composer':
      return below(rootOf(pkg, 'composer.json'), isComposerDroppable);
    case 'erlang':
      return below(pkg.files[0], isErlangDroppable);
    default:
      return () => false;
  }
}

function below(root: string | undefined, drops: (path: string) => boolean): (path: string) => boolean {
  if (root === undefined) return () => false;
  return (path) => path.startsWith(`${root}/`) && drops(path.slice(root.length + 1));
}

function rootOf(pkg: Package, manifest: string): string | undefined {
  const manifests = pkg.files.filter((file) => file.endsWith(`/${manifest}`));
  manifests.sort((a, b) => a.length - b.length);
  return manifests[0] === undefined ? undefined : parentOf(manifests[0]);
}

function gemRootOf(pkg: Package): string | undefined {
  const suffix = `/gems/${pkg.name}-${pkg.version}`;
  const inside = pkg.files.find((file) => file.includes(`${suffix}/`) || file.endsWith(suffix));
  return inside === undefined ? undefined : inside.slice(0, inside.indexOf(suffix) + suffix.length);
}
