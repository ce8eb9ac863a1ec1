import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderRegistry } from './generate-analyzer-registry.ts';

test('lists analyzers in order of their names', () => {
  expect(renderRegistry(['elf', 'dpkg'])).toContain('[dpkg, elf]');
});

test('the registry in the tree is not stale', () => {
  const script = join(import.meta.dirname, 'generate-analyzer-registry.ts');
  expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow();
});
