import type { Family } from './family.ts';

const drops = [
  '/usr/{local/,}{share,lib}/{*/,}perl{,5}/**/*.{pod,h,ld,al}',
  '/usr/{local/,}{share,lib}/{*/,}perl{,5}/*/{pod,perl5db.pl,CPAN,CPANPLUS,ExtUtils,Test,Test2,TAP,App,Pod,Module/CoreList}{,/**}',
  '/usr/{local/,}{share,lib}/{*/,}perl{,5}/*/{CORE,unicore/TestProp.pl}{,/**}',
];

/** perl 5. perl-base measures 4 MB, the standard library of the full package 20 MB without its documents. */
export const perl: Family = {
  id: 'perl',
  triggers: ['/usr/{local/,}bin/perl{,5*}', '/usr/lib/**/libperl.so.*'],
  runtime: ['/usr/bin/perl*', '/usr/local/lib/perl5/[0-9]*/**'],
  drops,
  rules: [
    {
      id: 'base-library',
      level: 'used',
      keep: ['/usr/lib/*/perl-base/**', '/etc/perl/**'],
      reason: 'modules, and the Unicode tables that regular expressions load',
      source: 'Debian perl-base, file list; perlunicode(1)',
    },
    {
      id: 'standard-library',
      level: 'used',
      keep: ['/usr/share/perl/[0-9]*/**', '/usr/lib/*/perl/[0-9]*/**', '/usr/local/lib/perl5/[0-9]*/**'],
      reason: 'modules that are required inside subroutines',
      source: 'perlmodlib(1)',
    },
  ],
};
