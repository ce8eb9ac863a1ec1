import { expect, it } from 'vitest';
import { runTool } from './run-tool.ts';

async function* breaking(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('begun');
  throw new Error('the source broke');
}

it('gives what a program says and its exit code', async () => {
  async function* input() {
    yield Buffer.from('text');
  }
  const result = await runTool('sh', ['-c', 'cat; echo err >&2; exit 3'], { input: input() });
  expect(result).toMatchObject({ code: 3, stdout: 'text', stderr: 'err\n' });
});

it('ends the program where the source of its input breaks, and tells why', async () => {
  const args = ['-c', 'cat >/dev/null; exec sleep 600'];
  await expect(runTool('sh', args, { input: breaking() })).rejects.toThrow('the source broke');
});

it('says what to install where the program is not there', async () => {
  await expect(runTool('pare-no-such-tool', [])).rejects.toMatchObject({
    code: 'engine-failed',
    message: expect.stringContaining('pare-no-such-tool'),
  });
});
