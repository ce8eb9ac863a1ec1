import type { ImagePath } from '@pare/oci';
import { matchAny } from '../glob.ts';
import { parentOf } from '../system-paths.ts';
import type { Family, RuleView } from './family.ts';

/** Parts of the standard library that no program in service imports; 40 MB of a full CPython 3.11. */
const drops = [
  '/**/lib/python3.*/{test,idlelib,turtledemo,ensurepip,tkinter,lib2to3,pydoc_data,config-*}/**',
  '/**/lib/python3.*/{unittest,distutils,sqlite3,ctypes}/test/**',
  '/**/lib/python3.*/{turtle.py,__phello__/**,LICENSE.txt}',
  '/**/lib/python3.*/distutils/command/*.exe',
  '/**/lib/python3.*/lib-dynload/{nis,ossaudiodev,spwd,_test*,_xx*,xx*}.*.so',
  // 2.5 MB with Berkeley DB, ncurses and readline; the families below bring them back.
  '/**/lib/python3.*/lib-dynload/{_dbm,_gdbm,_curses,_curses_panel,readline}.*.so',
];

const isDropped = matchAny([
  ...drops,
  '/**/lib/python3.*/**/__pycache__/**',
  '/**/lib/python3.*/{site-packages,dist-packages}/**',
]);

/**
 * CPython. The interpreter opens `encodings` before anything else (PEP 3120, Python/pylifecycle.c), so that directory's
 * parent is the standard library. It measures 12 MB as sources; byte code is compiled again when it is missing
 * (PEP 3147), so only observed byte code stays.
 */
export const python: Family = {
  id: 'python',
  triggers: [
    '/**/lib/python3.*/encodings/__init__.py',
    '/**/lib/python3.*/encodings/__pycache__/__init__.*.pyc',
  ],
  runtime: [
    '/usr/bin/python3*',
    '/usr/local/lib/python3.*/*.py',
    // Every directory of the standard library but site-packages and dist-packages.
    '/usr/local/lib/python3.*/[!sd]*/**',
    '/usr/local/lib/python3.*/{sqlite3,dbm,distutils}/**',
    '/usr/local/lib/libpython3*',
    '/usr/local/bin/{python,pip,idle,pydoc,2to3,wheel}*',
    '/{opt,root}/{conda,miniconda,miniconda3,anaconda3}/**',
  ],
  drops,
  // Debian's sys.path: numpy has its largest module twice.
  searchOrders: [['/usr/lib/python3/dist-packages', '/usr/lib/python3.*/dist-packages']],
  rules: [
    {
      id: 'standard-library',
      level: 'used',
      keep: (view) => standardLibrary(view),
      reason:
        'modules that are imported inside functions; 5 MB of it are extension modules with their libraries',
      source: 'The Python Standard Library; sys.stdlib_module_names',
    },
    {
      id: 'site',
      level: 'used',
      keep: ['/etc/python3*/sitecustomize.py', '/usr/lib/python3/dist-packages/*.pth', '/etc/mime.types'],
      reason: 'start-up hooks, and the types that mimetypes knows',
      source: 'python docs, site and mimetypes',
    },
  ],
};

/** Code that names `dbm` or `shelve`. Cost: 1.9 MB of Berkeley DB. */
export const pythonDbm: Family = {
  id: 'python-dbm',
  triggers: ['/**/lib/python3.*/{shelve.py,dbm/__init__.py,dbm/ndbm.py,dbm/gnu.py}'],
  rules: [
    {
      id: 'back-ends',
      level: 'used',
      keep: ['/usr/{local/,}lib/python3.*/lib-dynload/{_dbm,_gdbm}.*.so'],
      overridesDrops: true,
      reason: 'dbm.open tries one after the other',
      source: 'python docs, dbm',
    },
  ],
};

/** Code for people at a terminal. Cost: 0.6 MB of ncurses and readline. */
export const pythonTerminal: Family = {
  id: 'python-terminal',
  triggers: ['/**/lib/python3.*/{cmd.py,code.py,pdb.py,rlcompleter.py,curses/__init__.py}'],
  rules: [
    {
      id: 'extensions',
      level: 'used',
      keep: ['/usr/{local/,}lib/python3.*/lib-dynload/{_curses,_curses_panel,readline}.*.so'],
      overridesDrops: true,
      reason: 'line editing and screens are set up at first use',
      source: 'python docs, curses and readline',
    },
  ],
};

function* standardLibrary(view: RuleView): Iterable<ImagePath> {
  for (const root of new Set(view.triggeredBy.map(libraryOf))) {
    for (const { path } of view.tree.below(root)) if (!isDropped(path)) yield path;
  }
}

function libraryOf(encodings: ImagePath): ImagePath {
  const directory = parentOf(encodings);
  return parentOf(directory.endsWith('/__pycache__') ? parentOf(directory) : directory);
}
