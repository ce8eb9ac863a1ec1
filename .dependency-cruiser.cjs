/** The direction rules of docs/ARCHITECTURE.md. `scripts/check-directions.ts` also asserts that modules were seen. */
const pareFolder = (name) => `^packages/pare/src/${name}/`;
const pure = ['plan', 'harden', 'verify', 'report'];

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'model-imports-nothing-of-pare',
      severity: 'error',
      from: { path: pareFolder('model'), pathNot: '\\.test\\.ts$' },
      to: { pathNot: [pareFolder('model'), '^packages/oci/src/'] },
    },
    {
      name: 'ports-import-model-only',
      severity: 'error',
      from: { path: pareFolder('ports') },
      to: { pathNot: [pareFolder('ports'), pareFolder('model'), '^packages/oci/src/'] },
    },
    ...pure.map((name) => ({
      name: `${name}-is-pure`,
      severity: 'error',
      from: { path: pareFolder(name), pathNot: '\\.test\\.ts$' },
      to: {
        pathNot: [
          pareFolder(name),
          pareFolder('model'),
          pareFolder('ports'),
          '^packages/oci/src/',
          'node_modules/picomatch',
          'node_modules/picocolors',
        ],
      },
    })),
    {
      name: 'scenario-imports-model-only',
      severity: 'error',
      from: { path: pareFolder('scenario'), pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/pare/src/', pathNot: [pareFolder('scenario'), pareFolder('model')] },
    },
    {
      name: 'stages-never-import-each-other',
      severity: 'error',
      from: { path: '^packages/pare/src/(analyze|engine|observe|store)/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^packages/pare/src/(?!model|ports)([^/]+)/',
        pathNot: ['^packages/pare/src/$1/'],
      },
    },
    // From the records and the container up to the session, which composes them.
    ...[
      ['facts', []],
      ['container', ['facts', 'probes']],
      ['readiness', ['container', 'probes']],
      ['sensor', ['container', 'facts']],
    ].map(([room, below]) => ({
      name: `observe-${room}-imports-what-lies-below-it`,
      severity: 'error',
      from: { path: `^packages/pare/src/observe/${room}/`, pathNot: '\\.test\\.ts$' },
      to: {
        path: '^packages/pare/src/observe/',
        pathNot: [room, ...below].map((name) => `^packages/pare/src/observe/${name}/`),
      },
    })),
    {
      name: 'sources-import-model-and-ports-only',
      severity: 'error',
      from: { path: pareFolder('sources'), pathNot: '\\.test\\.ts$' },
      to: {
        path: '^packages/pare/src/',
        pathNot: [
          pareFolder('sources'),
          pareFolder('model'),
          pareFolder('ports'),
          // Programs of the system are started in one way.
          '^packages/pare/src/store/run-tool\\.ts$',
        ],
      },
    },
    {
      name: 'only-cli-imports-pipeline',
      severity: 'error',
      from: {
        path: '^packages/pare/src/',
        pathNot: ['^packages/pare/src/(cli|pipeline)/', '^packages/pare/src/index\\.ts$', '\\.test\\.ts$'],
      },
      to: { path: pareFolder('pipeline') },
    },
    {
      name: 'nothing-imports-cli',
      severity: 'error',
      from: { pathNot: pareFolder('cli') },
      to: { path: pareFolder('cli') },
    },
    {
      name: 'oci-knows-nothing-of-slimming',
      severity: 'error',
      from: { path: '^packages/oci/src/' },
      to: { path: '^packages/(pare|sensor|testkit)/', pathNot: '^packages/testkit/' },
    },
    {
      name: 'sensor-stands-alone',
      severity: 'error',
      from: { path: '^packages/sensor/src/' },
      to: { path: '^packages/(pare|oci)/' },
    },
    {
      name: 'shipped-code-never-imports-tests',
      severity: 'error',
      from: { path: '^packages/(oci|sensor|pare)/src/', pathNot: '\\.test\\.ts$' },
      to: { path: ['^packages/testkit/', '\\.test\\.ts$'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
