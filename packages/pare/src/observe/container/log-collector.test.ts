import { expect, test } from 'vitest';
import type { LogChunk } from '../../ports/container-engine.ts';
import { collectLogs } from './log-collector.ts';

async function* chunks(
  ...parts: readonly (readonly [LogChunk['stream'], string])[]
): AsyncGenerator<LogChunk> {
  for (const [stream, text] of parts) yield { stream, data: new TextEncoder().encode(text) };
}

test('keeps the streams apart and joins lines that come in pieces', async () => {
  const logs = collectLogs(chunks(['stdout', 'one\ntw'], ['stderr', 'oh\n'], ['stdout', 'o\r\nend']));
  await logs.finished();
  expect(logs.text('stdout')).toBe('one\ntwo\r\nend');
  expect(logs.text('stderr')).toBe('oh\n');
  expect(logs.tail()).toEqual(['one', 'oh', 'two', 'end']);
});

test('holds the first 64 KiB of a stream and the last 40 lines, cut', async () => {
  const lines = Array.from({ length: 1000 }, (_, index) => `${index} ${'x'.repeat(1000)}\n`);
  const logs = collectLogs(chunks(...lines.map((line) => ['stdout', line] as const)));
  await logs.finished();
  expect(logs.text('stdout')).toHaveLength(65_536);
  expect(logs.tail()).toHaveLength(40);
  expect(logs.tail().at(-1)).toMatch(/^999 x{496}$/);
});

test('tells the one who waits that reading failed', async () => {
  async function* failing(): AsyncGenerator<LogChunk> {
    yield { stream: 'stderr', data: new TextEncoder().encode('before') };
    throw new Error('cut');
  }
  const logs = collectLogs(failing());
  await expect(logs.finished()).rejects.toThrow('cut');
  expect(logs.tail()).toEqual(['before']);
});
