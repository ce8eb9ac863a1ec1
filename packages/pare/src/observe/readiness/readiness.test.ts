import { expect, test } from 'vitest';
import type { ListeningSocket } from '../container/listening.ts';
import { notReadyHint } from './readiness.ts';

const any = (port: number): ListeningSocket => ({ address: '0.0.0.0', port, loopback: false });
const inside = (port: number, address = '127.0.0.1'): ListeningSocket => ({ address, port, loopback: true });

test('says that a wanted port is bound to the loopback address', () => {
  expect(notReadyHint([3000], [inside(3000), any(9000)])).toContain('it listens on 127.0.0.1:3000 only');
});

test('says which port to expose', () => {
  expect(notReadyHint([3000], [any(9000), any(9001), inside(9229)])).toBe(
    'it listens on 9000, 9001, which is not exposed: pass --expose 9000',
  );
});

test("does not take the engine's name server for the application", () => {
  expect(notReadyHint([3000], [inside(41_000, '127.0.0.11')])).toContain('it listens on no TCP port');
});

test('says what else it listens on within', () => {
  expect(notReadyHint([3000], [inside(8080)])).toBe('it listens on 127.0.0.1:8080 only');
});

test('points to the log where sockets cannot be seen', () => {
  expect(notReadyHint([3000], undefined)).toContain('--ready-timeout');
});
