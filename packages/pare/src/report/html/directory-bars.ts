import type { DirectorySize, RunReport } from '../../model/run-report.ts';
import { formatBytes } from '../format.ts';
import { escapeHtml } from './markup.ts';

const mostBelow = 30;

/** The directories as nested bars, to scale: what is kept of each and what is removed. The largest come first. */
export function directoryBars(directories: RunReport['directories'] = []): string {
  const children = new Map<string, DirectorySize[]>();
  for (const directory of directories) {
    if (directory.path === '/') continue;
    const parent = directory.path.slice(0, directory.path.lastIndexOf('/')) || '/';
    children.set(parent, [...(children.get(parent) ?? []), directory]);
  }
  const largest = Math.max(1, ...(children.get('/') ?? []).map(total));
  const below = (path: string, open: boolean): string =>
    (children.get(path) ?? [])
      .sort((a, b) => total(b) - total(a))
      .slice(0, mostBelow)
      .map((directory) => bar(directory, largest, below(directory.path, false), open))
      .join('');
  const bars = below('/', true);
  return bars === '' ? '' : `<div class="tree">${bars}</div>`;
}

function total({ keptBytes, removedBytes }: DirectorySize): number {
  return keptBytes + removedBytes;
}

function bar(directory: DirectorySize, largest: number, inner: string, open: boolean): string {
  const { keptBytes, path } = directory;
  const all = Math.max(1, total(directory));
  const width = percent(all / largest);
  const kept = percent(keptBytes / all);
  const line =
    `<span class="name mono">${escapeHtml(path)}</span>` +
    `<span class="bar" style="width:${width}"><i style="width:${kept}"></i><u style="flex:1"></u></span>` +
    `<span class="size">${formatBytes(keptBytes)} of ${formatBytes(total(directory))}</span>`;
  return inner === ''
    ? `<div class="leaf">${line}</div>`
    : `<details${open ? ' open' : ''}><summary>${line}</summary>${inner}</details>`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
