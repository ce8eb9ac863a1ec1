/** Milliseconds of a number of seconds (`90`, `1.5`) or a duration (`500ms`, `90s`, `2m`, `1h`); undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)?$/.exec(text);
  if (match === null) return undefined;
  const factors = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
  return Math.round(Number(match[1]) * factors[(match[2] ?? 's') as keyof typeof factors]);
}

/** Bytes of a size as docker writes it: a number with an optional unit `b`, `k`, `m` or `g` (powers of 1024). */
export function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,9})?)\s?([bkmg])?b?$/i.exec(text);
  if (match === null) return undefined;
  const powers = { b: 0, k: 1, m: 2, g: 3 } as const;
  const unit = (match[2] ?? 'b').toLowerCase() as keyof typeof powers;
  return Math.round(Number(match[1]) * 1024 ** powers[unit]);
}
