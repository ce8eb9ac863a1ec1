import type { Answer } from '../../../model/observation.ts';
import { type Fetched, originOf } from '../http/http-port.ts';
import { fetchOnce, HttpFailure } from '../http/request.ts';
import type { PortContext, ProbeRunner } from '../probe.ts';
import { linksOf } from './links.ts';

/** How many pages are asked for at a time. */
const concurrency = 4;
/** What one crawl reads, and how long it goes on asking. */
const totalLimitBytes = 64 * 1024 * 1024;
const totalLimitMs = 30_000;
/** Longer ones are traps more often than pages. */
const pathLimit = 2048;

interface Page {
  readonly path: string;
  readonly depth: number;
}

/** Follows same-origin links breadth-first. The order of the answers is that of the links, whatever came first. */
export const crawlProbe: ProbeRunner<'crawl'> = {
  id: 'crawl',
  needs: 'http-port',
  title: (probe, port) => `crawl of ${originOf(port.target)}${probe.path}`,
  async run(probe, context): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    const seen = new Set([probe.path]);
    let queue: Page[] = [{ path: probe.path, depth: 0 }];
    let readBytes = 0;
    let pages = 0;
    const started = performance.now();
    while (
      queue.length > 0 &&
      pages < probe.maxPages &&
      readBytes < totalLimitBytes &&
      performance.now() - started < totalLimitMs
    ) {
      const batch = queue.slice(0, Math.min(concurrency, probe.maxPages - pages));
      queue = queue.slice(batch.length);
      pages += batch.length;
      const results = await Promise.all(batch.map((page) => visit(page, context)));
      for (const { page, fetched, answer } of results) {
        if (answer !== undefined) answers.push(answer);
        readBytes += fetched?.body.length ?? 0;
        if (fetched === undefined || page.depth >= probe.maxDepth) continue;
        for (const path of linksOf(documentOf(fetched))) {
          if (seen.has(path) || path.length > pathLimit || seen.size >= probe.maxPages) continue;
          seen.add(path);
          queue.push({ path, depth: page.depth + 1 });
        }
      }
    }
    return answers;
  },
};

interface Visit {
  readonly page: Page;
  readonly fetched: Fetched | undefined;
  /** Undefined when the page was asked for, and recorded, before. */
  readonly answer: Answer | undefined;
}

async function visit(page: Page, { port, timeoutMs, signal }: PortContext): Promise<Visit> {
  const known = port.fetched.get(page.path);
  if (known !== undefined) return { page, fetched: known, answer: undefined };
  try {
    const fetched = await fetchOnce(
      port.target,
      { method: 'GET', path: page.path, headers: {} },
      { timeoutMs, signal },
    );
    port.fetched.set(page.path, fetched);
    return { page, fetched, answer: fetched.answer };
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    const probe = `GET ${originOf(port.target)}${page.path}`;
    return {
      page,
      fetched: undefined,
      answer: { kind: 'failed', probe, port: port.target.port, message: error.message },
    };
  }
}

function documentOf({ answer, body }: Fetched) {
  return {
    contentType: answer.headers['content-type'] ?? '',
    location: answer.status >= 300 && answer.status < 400 ? answer.headers.location : undefined,
    text: new TextDecoder().decode(body),
    url: answer.url,
  };
}
