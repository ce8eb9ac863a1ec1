import { parseGoDuration, parseQuoted, parseStringList } from './go-syntax.ts';
import type { Healthcheck } from './instruction.ts';

/**
 * `&{["CMD-SHELL" "curl -f …"] "30s" "5s" "0s" '\x03'}`: Docker's struct by `%q`: test, interval, timeout, start period, from
 * Docker 25 on the start interval, and the retries as a character.
 */
export function parseHealthcheck(text: string): Healthcheck | undefined {
  if (text.trim() === 'NONE') return { Test: ['NONE'] };
  if (!text.startsWith('&{')) return undefined;
  const test = parseStringList(text, 2);
  if (test === undefined) return undefined;
  const fields = parseFields(text, test.end);
  const retries = fields?.pop();
  if (fields === undefined || fields.length < 2 || retries === undefined) return undefined;
  const [interval, timeout, startPeriod] = fields.map(parseGoDuration);
  if (interval === undefined || timeout === undefined) return undefined;
  return {
    Test: test.values,
    ...positive('Interval', interval),
    ...positive('Timeout', timeout),
    ...positive('StartPeriod', startPeriod),
    ...positive('Retries', retries.codePointAt(0)),
  };
}

function positive<Name extends string>(name: Name, value: number | undefined): Partial<Record<Name, number>> {
  return value === undefined || value === 0 ? {} : ({ [name]: value } as Partial<Record<Name, number>>);
}

function parseFields(text: string, start: number): string[] | undefined {
  const fields: string[] = [];
  for (let at = start; at < text.length; ) {
    if (text[at] === '}') return fields;
    if (text[at] === ' ') {
      at += 1;
      continue;
    }
    const field = parseQuoted(text, at);
    if (field === undefined) return undefined;
    fields.push(field.value);
    at = field.end;
  }
  return undefined;
}
