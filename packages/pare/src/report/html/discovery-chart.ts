import type { DiscoveryStep } from '../../model/risk.ts';
import { escapeHtml } from './markup.ts';

const width = 1000;
const height = 120;
const mostProbes = 200;

/** The discovery curve as bars: how many files each probe was the first to use. */
export function discoveryChart(discovery: readonly DiscoveryStep[]): string {
  const steps = discovery.slice(1, mostProbes + 1);
  if (steps.length < 2) return '';
  const most = Math.max(1, ...steps.map(({ newFiles }) => newFiles));
  const column = width / steps.length;
  const bars = steps.map(({ newFiles, probe = '' }, index) => {
    const bar = Math.max(newFiles > 0 ? 2 : 0, (newFiles / most) * (height - 20));
    return `<rect x="${(index * column).toFixed(1)}" y="${(height - bar).toFixed(1)}" width="${Math.max(1, column - 2).toFixed(1)}" height="${bar.toFixed(1)}"><title>${escapeHtml(`${probe}: ${newFiles}`)}</title></rect>`;
  });
  return `<svg viewBox="0 0 ${width} ${height + 18}" role="img" aria-label="New files by probe"><text x="0" y="12">${most} new files</text>${bars.join('')}<text x="0" y="${height + 14}">first probe</text><text x="${width}" y="${height + 14}" text-anchor="end">last</text></svg>`;
}
