import {
  answersOk,
  assertCommand,
  defineFullTest,
  execCheck,
  httpCheck,
} from '../../../samples/full-test.ts';

export const functional = defineFullTest({
  name: 'rust-static',
  ports: [7000],
  isReady: answersOk('/health'),
  checks: [
    httpCheck('counts', '/count', { match: /^\d+$/ }),
    httpCheck('works in threads', '/threads', { text: '14' }),
    httpCheck('counts words', '/words', { body: 'b a b', text: '[("a", 1), ("b", 2)]' }),
    httpCheck('looks up a host', '/host', { match: /127\.0\.0\.1|::1/ }),
    httpCheck('writes a file', '/file', { body: 'kept', text: 'kept' }),
    httpCheck('survives a panic', '/panic', { status: 500, text: 'a thread panicked' }),
    httpCheck('reads a page', '/page?first', { text: 'a page' }),
    httpCheck('reads the page of a missing one', '/page?none', { status: 404, text: 'no such page' }),
    httpCheck('answers 404', '/none', { status: 404 }),
    execCheck('tells its version', ['/counter', '--version'], { text: 'counter 1.0' }),
    {
      title: 'takes an argument when it is started',
      async run({ runOnce }) {
        assertCommand(await runOnce(['--version']), { text: 'counter 1.0' });
      },
    },
  ],
});
