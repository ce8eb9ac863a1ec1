import type { Family } from './family.ts';

/** The musl C library: all in one file; only what it reads by name is added. Cost: 0.1 MB. */
export const musl: Family = {
  id: 'musl',
  triggers: ['/lib/ld-musl-*.so.1', '/{usr/,}lib/libc.musl-*.so.1'],
  rules: [
    {
      id: 'linker-path',
      level: 'observed',
      keep: ['/etc/ld-musl-*.path'],
      reason: 'where the dynamic linker looks for libraries',
      source: 'musl manual, "Dynamic linker"',
    },
    {
      id: 'locales',
      level: 'used',
      keep: ['/usr/share/i18n/locales/musl/*'],
      reason: 'message translations under MUSL_LOCPATH',
      source: 'musl manual, "Environment variables"',
    },
    {
      id: 'unwinder',
      level: 'used',
      keep: ['/usr/lib/libgcc_s.so.1'],
      reason: 'C++ programs on musl load it for exceptions',
      source: 'Alpine package libgcc',
    },
  ],
};
