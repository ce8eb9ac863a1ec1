import type { ImageConfig, ImagePath } from '@pare/oci';
import { type MemoryEntry, memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnalysis } from '../analysis.ts';
import { parseRecord } from './distributions.ts';
import { scanPython } from './scan-python.ts';

const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: {},
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
};
const analysisOf = (files: Record<string, MemoryEntry>) => createAnalysis(memoryTree(files), config);
async function needsOf(path: string, files: Record<string, MemoryEntry>): Promise<string[]> {
  const facts = (await analysisOf(files).factsOf([path as ImagePath])).get(path as ImagePath) ?? [];
  return facts.map((fact) => (fact.kind === 'needs' ? fact.to : fact.kind));
}
const site = '/usr/lib/python3/dist-packages';

test('finds imports in every form', () => {
  const text =
    'import a, b.c as d\nfrom e.f import (g,  # why\n  h as i,\n)\nif x: import j; import k\nfrom . import l\nfrom ..m import *\ntry:\n\tfrom n import \\\n\t\to\nexcept: pass\nimportlib.import_module("p.q")\n__import__(\'r\')';
  expect(scanPython(text).imports).toEqual([
    'a',
    'b.c',
    'e.f',
    'e.f.g',
    'e.f.h',
    'j',
    'k',
    '.',
    '.l',
    '..m',
    'n',
    'n.o',
    'p.q',
    'r',
  ]);
});

test('does not take comments and strings for imports', () => {
  expect(
    scanPython('# import a\nx = "\\nimport b"\n"""\nimport c\n"""\nimportant = 1\nraise X from e\n').imports,
  ).toEqual([]);
});

test('finds programs, shell commands and libraries', () => {
  const text = `subprocess.run(["convert", x]); os.system('a | b'); subprocess.check_output("c d", shell=True)\nctypes.CDLL("libm.so.6"); find_library('magic'); shutil.which("e")`;
  expect(scanPython(text)).toMatchObject({
    programs: ['convert', 'e'],
    shellCommands: ['a | b', 'c d'],
    usesShell: true,
    libraries: ['libm.so.6', 'magic'],
  });
});

test('any text is scanned to its end', () => {
  const text = fc
    .array(
      fc.constantFrom(
        'import ',
        'from ',
        '"',
        "'",
        '"""',
        "'''",
        '\\',
        '\n',
        '(',
        ')',
        '#',
        'a',
        '.',
        ',',
        ' ',
      ),
    )
    .map((parts) => parts.join(''));
  fc.assert(fc.property(text, (each) => scanPython(each).imports.length >= 0));
});

test('resolves packages with their __init__, submodules, extensions and the standard library', async () => {
  const files = {
    '/srv/app.py': 'import pkg.sub.mod\nfrom pkg import data, name\nimport json, fast, ns.inner\n',
    '/srv/pkg/__init__.py': '',
    '/srv/pkg/data.py': '',
    '/srv/pkg/sub/__init__.py': '',
    '/srv/pkg/sub/mod.py': '',
    '/usr/lib/python3.11/os.py': '',
    '/usr/lib/python3.11/json/__init__.py': '',
    '/usr/lib/python3.11/lib-dynload/fast.cpython-311-x86_64-linux-gnu.so': '',
    [`${site}/ns/inner.py`]: '',
  };
  expect(await needsOf('/srv/app.py', files)).toEqual([
    '/srv/pkg/__init__.py',
    '/srv/pkg/sub/__init__.py',
    '/srv/pkg/sub/mod.py',
    '/srv/pkg/data.py',
    '/usr/lib/python3.11/json/__init__.py',
    '/usr/lib/python3.11/lib-dynload/fast.cpython-311-x86_64-linux-gnu.so',
    `${site}/ns/inner.py`,
  ]);
});

test('resolves relative imports, also out of a package', async () => {
  const files = {
    '/p/a/b/x.py': 'from . import y\nfrom ..c import z\nfrom ....... import q\n',
    '/p/a/b/__init__.py': '',
    '/p/a/b/y.py': '',
    '/p/a/__init__.py': '',
    '/p/a/c/z.py': '',
  };
  expect(await needsOf('/p/a/b/x.py', files)).toEqual([
    '/p/a/b/__init__.py',
    '/p/a/b/y.py',
    '/p/a/__init__.py',
    '/p/a/c/z.py',
  ]);
});

test('a .pth file adds a directory and imports modules', async () => {
  const files = {
    [`${site}/x.pth`]: '# why\n/opt/more\nimport hook\n',
    [`${site}/hook.py`]: '',
    '/opt/more/extra.py': '',
    '/srv/app.py': 'import extra',
  };
  expect(await needsOf('/srv/app.py', files)).toEqual(['/opt/more/extra.py']);
  expect(await needsOf(`${site}/x.pth`, files)).toEqual([`${site}/hook.py`]);
});

test('a distribution owns what its RECORD lists, with what was compiled, and knows what it requires', async () => {
  const { packages } = await analysisOf({
    [`${site}/Flask-2.2.dist-info/METADATA`]:
      'Metadata-Version: 2.1\nName: Flask\nVersion: 2.2\nRequires-Dist: Jinja_2 (>=3)\nRequires-Dist: dotenv ; extra == "dotenv"\n\nName: not this\n',
    [`${site}/Flask-2.2.dist-info/RECORD`]:
      'flask/__init__.py,sha256=x,1\n../../../bin/flask,,\n"flask/a,b.py",,\nflask/gone.py,,\n../../../../../../etc/shadow,,\n',
    [`${site}/flask/__init__.py`]: '',
    [`${site}/flask/a,b.py`]: '',
    [`${site}/flask/__pycache__/__init__.cpython-311.pyc`]: '',
    '/usr/bin/flask': '',
    [`${site}/jinja2-3.1.egg-info/PKG-INFO`]: 'Name: jinja.2\nVersion: 3.1\n',
    [`${site}/jinja2-3.1.egg-info/top_level.txt`]: 'jinja2\n',
    [`${site}/jinja2/__init__.py`]: '',
    [`${site}/six-1.16.egg-info`]: 'Name: six\nVersion: 1.16\n',
    [`${site}/six.py`]: '',
    [`${site}/sixty.py`]: '',
  }).packages();
  expect(packages.map(({ name, version, dependsOn }) => [name, version, dependsOn])).toEqual([
    ['Flask', '2.2', [`python:${site}/jinja2-3.1.egg-info`]],
    ['jinja.2', '3.1', []],
    ['six', '1.16', []],
  ]);
  expect(packages[0]?.files).toEqual([
    '/usr/bin/flask',
    `${site}/Flask-2.2.dist-info`,
    `${site}/Flask-2.2.dist-info/METADATA`,
    `${site}/Flask-2.2.dist-info/RECORD`,
    `${site}/flask`,
    `${site}/flask/__init__.py`,
    `${site}/flask/__pycache__`,
    `${site}/flask/__pycache__/__init__.cpython-311.pyc`,
    `${site}/flask/a,b.py`,
  ]);
  expect(packages[1]?.files).toContain(`${site}/jinja2/__init__.py`);
  expect(packages[2]?.files).toEqual([`${site}/six-1.16.egg-info`, `${site}/six.py`]);
});

test('a distribution requires what an extra names, unless the extra is for development', async () => {
  const { packages } = await analysisOf({
    [`${site}/starlette-0.26.dist-info/METADATA`]:
      'Name: starlette\nVersion: 0.26\nRequires-Dist: jinja2 ; extra == "full"\nRequires-Dist: mypy ; extra == \'dev\'\nRequires-Dist: pytest ; python_version > "3" and extra == "test-all"\n',
    [`${site}/old-1.0.egg-info/PKG-INFO`]: 'Name: old\nVersion: 1.0\n',
    [`${site}/old-1.0.egg-info/requires.txt`]:
      'six\n\n[fast:python_version < "4"]\njinja2\n\n[tests]\npytest\n',
    ...Object.fromEntries(
      ['jinja2', 'mypy', 'pytest', 'six'].map((name) => [
        `${site}/${name}-1.dist-info/METADATA`,
        `Name: ${name}\n`,
      ]),
    ),
  }).packages();
  const needsOfName = (name: string) => packages.find((each) => each.name === name)?.dependsOn;
  expect(needsOfName('starlette')).toEqual([`python:${site}/jinja2-1.dist-info`]);
  expect(needsOfName('old')).toEqual([`python:${site}/jinja2-1.dist-info`, `python:${site}/six-1.dist-info`]);
});

test.each(['', '\0', ',,,', '"unclosed', 'a\0b,,'])('a RECORD of %j lists nothing hostile', (text) => {
  expect(parseRecord(text).every((path) => !path.includes('\0'))).toBe(true);
});
