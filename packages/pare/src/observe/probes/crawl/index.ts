import type { Answer } from '../../../model/observation.ts';
import { type Fetched, originOf } from '../http/http-port.ts';
import { fetchOnce, HttpFailure } from '../http/request.ts';
import type { PortContext, ProbeRunner } from '../probe.ts';

/** How many pages are asked for at a time. */
const concurrency = 4;
/** Where it is told what each page was the first to use, pages are asked for one after the other this long. */
const aloneMs = 2000;
/** What one crawl reads, and how long it goes on asking. */
const totalLimitBytes = 64 * 1024 * 1024;
const totalLimitMs = 30_000;
/** Longer ones are traps more often than pages. */
const pathLimit = 2048;
/** How many of the pages that were not asked for are counted. */
const beyondLimit = 10_000;

interface Page {
  readonly path: string;
  readonly depth: number;
}

/** Follows same-origin links breadth-first. The order of the answers is that of the links, whatever came first. */
export const crawlProbe: ProbeRunner<'crawl'> = {
  id: 'crawl',
  needs: 'http-port',
  stepwise: true,
  // What fails here fails again where it is waited for.
  prepare: () => void loadLinks().catch(() => undefined),
  title: (probe, port) => `crawl of ${originOf(port.target)}${probe.path}`,
  async run(probe, context): Promise<readonly Answer[]> {
    const { port, steps } = context;
    const beyond = new Set<string>();
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
      const width = steps.counted && performance.now() - started < aloneMs ? 1 : concurrency;
      const batch = queue.slice(0, Math.min(width, probe.maxPages - pages));
      queue = queue.slice(batch.length);
      pages += batch.length;
      beginPages(batch, context);
      const results = await Promise.all(batch.map((page) => visit(page, context)));
      for (const { page, fetched, answer } of results) {
        if (answer !== undefined) answers.push(answer);
        readBytes += fetched?.body.length ?? 0;
        if (fetched === undefined || page.depth >= probe.maxDepth) continue;
        const { linksOf } = await loadLinks();
        for (const path of linksOf(documentOf(fetched))) {
          if (seen.has(path) || path.length > pathLimit) continue;
          if (seen.size >= probe.maxPages) {
            if (beyond.size < beyondLimit) beyond.add(path);
            continue;
          }
          seen.add(path);
          queue.push({ path, depth: page.depth + 1 });
        }
      }
    }
    const left = queue.length + beyond.size;
    if (left > 0) {
      const why = beyond.size > 0 ? `the crawl stops at ${probe.maxPages} pages` : 'the crawl took too long';
      steps.leaveOut(`${left} further pages of ${originOf(port.target)}${probe.path}`, why);
    }
    return answers;
  },
};

/** The parser of HTML takes long to load, and what is observed without a crawl never needs it. */
const loadLinks = () => import('./links.ts');

/** Pages that are asked for together are one part: which of them used a file first cannot be told. */
function beginPages(batch: readonly Page[], { port, steps }: PortContext): void {
  const [first, ...others] = batch.filter(({ path }) => !port.fetched.has(path));
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  steps.begin(`GET ${originOf(port.target)}${first.path}${more}`);
}

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
