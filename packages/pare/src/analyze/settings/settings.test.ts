import type { ImageConfig, ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnalysis } from '../analysis.ts';
import { scanSettings } from './scan-settings.ts';

test('finds modules of nginx, apache, lighttpd, PHP and databases, but not in comments', () => {
  const { modules } = scanSettings(
    'load_module modules/ngx_a.so;\nLoadModule b_module /usr/lib/apache2/modules/mod_b.so\nserver.modules = ("mod_c", "mod_d")\n' +
      "extension=e\nzend_extension=f.so\nshared_preload_libraries = 'g,h'\n# load_module no.so;\n; extension=no\nlib.so.1\n",
  );
  expect(modules).toEqual([
    'modules/ngx_a.so',
    '/usr/lib/apache2/modules/mod_b.so',
    'mod_b.so',
    'mod_c.so',
    'mod_d.so',
    'e.so',
    'f.so',
    'g.so',
    'h.so',
  ]);
});

test('finds absolute paths, but not those of addresses', () => {
  expect(scanSettings('cert /etc/a.pem; proxy http://x/b/c\n').paths).toEqual(['/etc/a.pem']);
});

test('any text is scanned to its end', () => {
  const text = fc
    .array(fc.constantFrom('/', 'a', '.so', 'mod_', '\n', '#', 'extension=', ',', '\0', ' '))
    .map((all) => all.join(''));
  fc.assert(fc.property(text, (each) => scanSettings(each).modules.length >= 0));
});

test('leads to modules and files that are there, wherever the module directory is', async () => {
  const tree = memoryTree({
    '/etc/nginx/extra.conf': 'load_module modules/x.so;\ncert /etc/k.pem;\nroot /none/there;',
    '/usr/lib/nginx/modules/x.so': 'x',
    '/usr/share/doc/modules/x.so': 'no',
    '/etc/k.pem': 'k',
  });
  const config: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  };
  const analysis = createAnalysis(tree, config);
  const facts = await analysis.factsOf(['/etc/nginx/extra.conf' as ImagePath]);
  expect([...facts.values()].flat().map((fact) => ('to' in fact ? fact.to : fact))).toEqual([
    '/usr/lib/nginx/modules/x.so',
    '/etc/k.pem',
  ]);
});
