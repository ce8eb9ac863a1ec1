import type { ImagePath } from '@pare/oci';
import type { Family, RuleView } from './family.ts';

const drops = [
  '/usr/{local/,}{share,lib}/{*/,}perl{,5}/**/*.{pod,h,ph,ld,al}',
  '/usr/{local/,}{share,lib}/{*/,}perl{,5}/*/{pod,perl5db.pl,CPAN,CPANPLUS,ExtUtils,Test,Test2,TAP,App,Pod,Module/CoreList}{,.pm,/**}',
  '/usr/{local/,}{share,lib}/{*/,}perl{,5}/*/{CORE,unicore/TestProp.pl,Devel/PPPort.pm}{,/**}',
  // A second perl, for debugging, and the library that it alone links to.
  '/usr/bin/perl5*-linux-gnu*',
  '/usr/lib/*/libperl.so*',
  // 9 MB of East Asian tables and 2 MB of Berkeley DB: kept where code names Encode (see scan-perl.ts) or the module.
  '/**/perl{,5}/*/auto/Encode/{CN,JP,KR,TW}/*.so',
  '/**/perl{,5}/*/auto/{DB_File,GDBM_File,NDBM_File,ODBM_File}/*.so',
  // 5 MB; the family below brings it back.
  '/**/perl{,5}/*/{auto/,}Unicode/Collate{,.pm,/**}',
];

/** perl 5. perl-base measures 4 MB, the standard library of the full package 20 MB without its documents. */
export const perl: Family = {
  id: 'perl',
  triggers: ['/usr/{local/,}bin/perl{,5*}', '/usr/lib/**/libperl.so.*'],
  runtime: ['/usr/bin/perl*', '/usr/local/lib/perl5/[0-9]*/**'],
  drops,
  // Debian's @INC of /usr/bin/perl: 4 MB of the full package are copies of what perl-base has.
  searchOrders: [['/usr/lib/*/perl-base', '/usr/lib/*/perl/[0-9]*', '/usr/share/perl/[0-9]*']],
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

/**
 * A perl inside another program (nginx, PL/Perl) has no perl-base in its @INC: it finds the copies that the family above leaves
 * out. Cost: 4 MB.
 */
export const perlEmbedded: Family = {
  id: 'perl-embedded',
  inReserve: true,
  triggers: ['/usr/lib/**/libperl.so.*'],
  rules: [
    {
      id: 'copies',
      level: 'used',
      keep: (view) => copiesOfBase(view),
      overridesDrops: true,
      reason: 'the library searches other directories than the program',
      source: '@INC of Debian 12, as `perl -V` and a `perl_set` of nginx tell it',
    },
  ],
};

function* copiesOfBase(view: RuleView): Iterable<ImagePath> {
  const roots = view.expand('/usr/{lib/*,share}/perl/[0-9]*');
  for (const base of view.expand('/usr/lib/*/perl-base')) {
    for (const { path } of view.tree.below(base)) {
      for (const root of roots) {
        const copy = `${root}${path.slice(base.length)}` as ImagePath;
        if (view.tree.get(copy)?.kind === 'file') yield copy;
      }
    }
  }
}

/** Unicode::Collate reads its weights and the locale's rules at the first comparison. Cost: 5 MB. */
export const perlCollation: Family = {
  id: 'perl-collation',
  triggers: ['/**/perl{,5}/**/Unicode/Collate.pm'],
  rules: [
    {
      id: 'weights-and-locales',
      level: 'used',
      keep: ['/usr/{local/,}{share,lib}/{*/,}perl{,5}/*/{auto/,}Unicode/Collate/**'],
      overridesDrops: true,
      reason: 'the table of weights and a locale are loaded by name',
      source: 'Unicode::Collate(3perl), Unicode::Collate::Locale(3perl)',
    },
  ],
};
