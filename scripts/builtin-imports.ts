import type { Plugin } from 'esbuild';

/** Modules of Node that a run may do without: loaded where something of them is first asked for. */
const askedLater: ReadonlySet<string> = new Set([
  'http',
  'http2',
  'https',
  'readline',
  'tls',
  'v8',
  'worker_threads',
  'zlib',
]);

/**
 * Has a bundle ask for Node's own modules by name, not by `import`. An `import` reads all that a module exports, whatever of it is wanted:
 * node:crypto loads its Web Crypto then, node:util what compares texts for tests, node:http a whole fetch, and node:tls parses every
 * root certificate. That is about a fifth of the processor time that a command takes to start. What is not used of a module is not in the bundle.
 */
export const builtinImports: Plugin = {
  name: 'builtin-imports',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?[a-z][a-z0-9_]*(\/[a-z]+)?$/ }, ({ kind, path }) => {
      const name = path.replace(/^node:/, '');
      const exported = process.getBuiltinModule(name);
      if (exported === undefined) return undefined;
      if (kind === 'require-call') return { path: name, namespace: 'builtin-require' };
      // The module `module` is what else there is of `import` at the start.
      return kind === 'import-statement' && name !== 'module'
        ? { path: name, namespace: 'builtin-import', sideEffects: false }
        : undefined;
    });
    onLoad({ filter: /.*/, namespace: 'builtin-require' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}');`,
    }));
    onLoad({ filter: /.*/, namespace: 'builtin-import' }, ({ path }) => ({
      contents: askedLater.has(path) ? askingForEach(path) : askingAtOnce(path),
    }));
  },
};

/** The names of what a module exports. */
function exportedNames(module: string): readonly string[] {
  return Object.keys(process.getBuiltinModule(module) ?? {}).filter((name) => /^[A-Za-z_]\w*$/.test(name));
}

/** A CommonJS module: esbuild asks such a one for a name where it is used. */
function askingForEach(module: string): string {
  const getters = exportedNames(module).map((name) => `get ${name}() { return ask().${name}; }`);
  return `const ask = () => process.getBuiltinModule('node:${module}');\nmodule.exports = { ${getters.join(', ')} };`;
}

/** An ES module, of which esbuild leaves away what nobody imports. */
function askingAtOnce(module: string): string {
  const names = exportedNames(module);
  return [
    `const module = process.getBuiltinModule('node:${module}');`,
    'export default module;',
    ...names.map((name) => `const of_${name} = /* @__PURE__ */ ((from) => from.${name})(module);`),
    `export { ${names.map((name) => `of_${name} as ${name}`).join(', ')} };`,
  ].join('\n');
}
