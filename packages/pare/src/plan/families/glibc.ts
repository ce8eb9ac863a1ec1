import type { ImagePath } from '@pare/oci';
import { selectedLocales } from '../languages.ts';
import type { Family, RuleView } from './family.ts';

/** Locale data above this is a whole `locales-all`; then only what the image selects stays. */
const localesLimitBytes = 32 * 1024 * 1024;

/** The GNU C library. */
export const glibc: Family = {
  id: 'glibc',
  triggers: ['/{usr/,}lib/**/libc.so.6', '/{usr/,}lib/**/libc-2.*.so'],
  rules: [
    {
      id: 'linker-cache',
      level: 'observed',
      keep: ['/etc/{ld.so.cache,ld.so.conf}', '/etc/ld.so.conf.d/*.conf'],
      reason: 'the dynamic linker finds libraries by it; names of missing ones do no harm',
      source: 'ld.so(8), ldconfig(8)',
    },
    {
      // 0.3 MB; from glibc 2.34 on libnss_files and libnss_dns are in libc itself.
      id: 'name-services',
      level: 'used',
      keep: ['/{usr/,}lib/{*/,}libnss_{files,dns,compat}*.so*', '/{usr/,}lib/{*/,}libresolv*.so*'],
      reason: 'the first look-up of a user or host loads them by name',
      source: 'nss(5)',
    },
    {
      // 0.13 MB
      id: 'unwinder',
      level: 'used',
      keep: ['/{usr/,}lib/{*/,}libgcc_s.so.1'],
      reason: 'pthread_cancel, pthread_exit and backtrace load it by name',
      source: 'glibc, sysdeps/nptl/libgcc_s.h; backtrace(3)',
    },
    {
      // 0.8 MB; East Asian character sets would be another 2.1 MB and all others 5 MB.
      id: 'converters',
      level: 'used',
      keep: [
        '/{usr/,}lib/{*/,}gconv/gconv-modules*',
        '/{usr/,}lib/{*/,}gconv/gconv-modules.d/*',
        '/{usr/,}lib/{*/,}gconv/{UTF-16,UTF-32,UTF-7,UNICODE,KOI8-R,KOI8-U}.so',
        '/{usr/,}lib/{*/,}gconv/{ISO8859-*,CP125?}.so',
      ],
      reason: 'iconv_open loads a converter by name',
      source: 'iconv_open(3), glibc manual, "iconv module loading"',
    },
    {
      id: 'locales',
      level: 'used',
      keep: (view) => locales(view),
      reason: 'setlocale loads a locale by name; those that were generated are wanted',
      source: 'setlocale(3), localedef(1)',
    },
  ],
};

/** Programs that convert character sets. Cost: 2.1 MB, where a run loaded any converter, or PHP's own iconv. */
export const iconv: Family = {
  id: 'iconv',
  triggers: [
    '/{usr/,}lib/{*/,}gconv/*.so',
    '/usr/lib/php/*/iconv.so',
    '/usr/local/lib/php/extensions/*/iconv.so',
  ],
  rules: [
    {
      id: 'east-asian-converters',
      level: 'used',
      keep: [
        '/{usr/,}lib/{*/,}gconv/{EUC-*,SJIS,GB*,BIG5*,ISO-2022-*,UHC,CP932,CP949,JOHAB}.so',
        '/{usr/,}lib/{*/,}gconv/lib{JIS,JISX0213,KSC,GB,CNS,ISOIR165}.so',
      ],
      reason: 'a program that converted one character set is asked for others',
      source: 'glibc manual, "iconv module loading"',
    },
  ],
};

/** `C.UTF-8` (0.4 MB) always; all generated ones when they are few, else those that the image selects. */
function locales(view: RuleView): readonly ImagePath[] {
  const all = view.expand('/usr/lib/locale/**');
  if (sizeOf(view, all) <= localesLimitBytes) return all;
  const wanted = ['C', 'en_US', ...selectedLocales(view.config)].map((name) => `/usr/lib/locale/${name}.`);
  const archived = selectedLocales(view.config).length > 0 ? ['/usr/lib/locale/locale-archive'] : [];
  return all.filter((path) => wanted.some((prefix) => path.startsWith(prefix)) || archived.includes(path));
}

function sizeOf(view: RuleView, paths: readonly ImagePath[]): number {
  let sum = 0;
  for (const path of paths) {
    const entry = view.tree.get(path);
    if (entry?.kind === 'file' && (entry.names[0] ?? path) === path) sum += entry.sizeBytes;
  }
  return sum;
}
