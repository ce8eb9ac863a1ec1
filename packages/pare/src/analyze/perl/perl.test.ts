import type { ImageConfig, ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnalysis } from '../analysis.ts';
import { scanPerl } from './scan-perl.ts';

test('finds modules, shell commands and paths, but not in comments, POD and data', () => {
  const text =
    "#!/usr/bin/perl\nuse strict; use 5.010;\nuse A::B qw(c);\n  require D;\nrequire 'e.pl';\nuse parent -norequire, 'F::G';\n# use H;\n" +
    "=head1 X\n\nuse I;\n\n=cut\nmy $x = `ls -l`; system('tar', 'x'); open F, '/etc/mime.types';\neval { require J };\n__END__\nuse K;\n";
  expect(scanPerl(text)).toEqual({
    imports: ['strict', 'A::B', 'D', 'e.pl', 'parent', 'F::G', 'J'],
    programs: [],
    shellCommands: ['ls -l', 'tar'],
    usesShell: true,
    paths: ['/etc/mime.types'],
  });
});

test('names the driver of a data source, the tables of Encode and programs behind pipes', () => {
  const { imports, programs, shellCommands } = scanPerl(
    "DBI->connect('dbi:SQLite:dbname=x'); require Encode; open3(my $in, my $out, undef, 'sort', '-r');\n" +
      "open my $fh, '-|', 'git', 'log'; print 'a' . `date`; openlog 'x';",
  );
  expect(imports).toEqual(expect.arrayContaining(['DBD::SQLite', 'Encode', 'Encode::JP', 'Encode::KR']));
  expect(programs).toEqual(['sort', 'git']);
  expect(shellCommands).toEqual(['date']);
  expect(scanPerl("my $text = 'encode';").imports).toEqual([]);
});

test('any text is scanned to its end', () => {
  const text = fc
    .array(fc.constantFrom('use ', 'A::B', ';', "'", '"', '`', '\n', '=head\n', '=cut\n', '#', 'qx{', '}'))
    .map((parts) => parts.join(''));
  fc.assert(fc.property(text, (each) => scanPerl(each).imports.length >= 0));
});

test('resolves modules over the include directories, with their compiled part', async () => {
  const files = {
    '/app/x.pl': 'use List::Util; use Own::Thing; use Missing;',
    '/app/lib/Own/Thing.pm': '',
    '/usr/lib/x86_64-linux-gnu/perl-base/List/Util.pm': '',
    '/usr/lib/x86_64-linux-gnu/perl-base/auto/List/Util/Util.so': '',
  };
  const config: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  };
  const facts =
    (await createAnalysis(memoryTree(files), config).factsOf(['/app/x.pl' as ImagePath])).get(
      '/app/x.pl' as ImagePath,
    ) ?? [];
  expect(facts.map((fact) => (fact.kind === 'needs' ? fact.to : fact.kind))).toEqual([
    '/usr/lib/x86_64-linux-gnu/perl-base/List/Util.pm',
    '/usr/lib/x86_64-linux-gnu/perl-base/auto/List/Util/Util.so',
    '/app/lib/Own/Thing.pm',
  ]);
});
