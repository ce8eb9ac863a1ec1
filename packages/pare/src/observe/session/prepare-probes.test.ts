import { expect, test, vi } from 'vitest';
import type { Probe } from '../../model/scenario.ts';
import { crawlProbe } from '../probes/crawl/index.ts';
import { prepareProbes } from './probe-session.ts';

test('has each kind of probe loaded once, and those that need nothing not at all', () => {
  const prepare = vi.spyOn(crawlProbe as { prepare: () => void }, 'prepare');
  const crawl = (path: string): Probe => ({ kind: 'crawl', path, maxDepth: 1, maxPages: 1 });
  prepareProbes([{ kind: 'exec', command: ['true'] } as unknown as Probe]);
  expect(prepare).not.toHaveBeenCalled();
  prepareProbes([crawl('/'), crawl('/docs'), { kind: 'http', method: 'GET', path: '/', headers: {} }]);
  expect(prepare).toHaveBeenCalledTimes(1);
  prepare.mockRestore();
});
