/**
 * Numbers as people read them. Sizes are decimal, as docker shows them: 1 MB is 10^6 bytes.
 */

const SIZE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
const STEP = 1000;
const SIGNIFICANT_DIGITS = 3;

/** Three significant digits: `999 B`, `98.6 MB`, `1.23 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // A value that rounds up to a thousand is said in the next unit.
  while (unit < SIZE_UNITS.length - 1 && Number(value.toPrecision(SIGNIFICANT_DIGITS)) >= STEP) {
    value /= STEP;
    unit += 1;
  }
  const text = unit === 0 ? String(bytes) : trimZeros(Number(value.toPrecision(SIGNIFICANT_DIGITS)));
  return `${text} ${SIZE_UNITS[unit]}`;
}

function trimZeros(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** How many times smaller: `30.1×`, from 100 on without a fraction. `times` is the sign: `x` where only ASCII will do. */
export function formatRatio(large: number, small: number, times: '×' | 'x' = '×'): string {
  if (small <= 0) return `-`;
  const ratio = large / small;
  return `${ratio >= 100 ? Math.round(ratio) : ratio.toFixed(1)}${times}`;
}

/** `350 ms`, `2.4 s`, `1 min 5 s`. */
export function formatDuration(elapsedMs: number): string {
  if (elapsedMs < 999.5) return `${Math.round(elapsedMs)} ms`;
  if (elapsedMs < 59_950) return `${(elapsedMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(elapsedMs / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `44,571`. */
export function formatCount(count: number): string {
  // Not by Intl: what it loads on first use takes longer than everything else that a report's numbers do.
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 file`, `2 files`: the noun in the singular, its plural where an `s` is not enough. */
export function formatItems(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** `93 %`; a share that only nearly is all or nothing is not rounded to it: `> 99 %`, `< 1 %`. */
export function formatPercent(share: number): string {
  const percent = Math.round(share * 100);
  if (percent === 100 && share < 1) return '> 99 %';
  return percent === 0 && share > 0 ? '< 1 %' : `${percent} %`;
}
