import type { Family } from './family.ts';

/** Node.js: its standard library is inside the executable (or libnode). */
export const node: Family = {
  id: 'node',
  triggers: ['/usr/{local/,}bin/{node,nodejs}', '/opt/**/bin/node', '/usr/lib/**/libnode.so.*'],
  runtime: [
    '/usr/bin/{node,nodejs}',
    '/usr/local/lib/node_modules/{npm,corepack,yarn,pnpm}/**',
    '/usr/local/bin/{node,nodejs,npm,npx,corepack,yarn,yarnpkg,pnpm,pnpx}',
    '/usr/local/{CHANGELOG.md,README.md,LICENSE}',
    '/opt/yarn-*/**',
    '/root/.nvm/**',
  ],
  drops: ['/usr/local/lib/node_modules/{npm,corepack}/{docs,man}/**'],
  rules: [
    {
      // 0.5 MB: Debian takes these out of the executable.
      id: 'externalised-modules',
      level: 'used',
      keep: ['/usr/share/nodejs/{acorn,acorn-walk,cjs-module-lexer,undici}/**/*.{js,json,mjs,wasm}'],
      reason: "fetch() and the module lexer are loaded at first use from Debian's own copies",
      source: 'Debian nodejs, debian/rules: --shared-builtin-*-path',
    },
    {
      id: 'settings',
      level: 'used',
      keep: ['/etc/ssl/openssl.cnf', '/etc/nodejs/**', '/usr/share/icu/*/icudt*.dat'],
      reason: 'OpenSSL settings, and ICU data where it is not linked in',
      source: 'node(1): --openssl-config, --icu-data-dir',
    },
  ],
};
