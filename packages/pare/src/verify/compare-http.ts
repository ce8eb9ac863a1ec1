import type { HttpAnswer } from '../model/observation.ts';
import type { Difference } from '../model/verdict.ts';
import { firstDifferingLine } from './excerpt.ts';
import { normaliseText } from './normalise.ts';

/** Headers that change what a client does with the answer. The others may differ from run to run, or say nothing. */
const comparedHeaders: readonly string[] = [
  'accept-ranges',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'allow',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-security-policy',
  'content-type',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'link',
  'location',
  'permissions-policy',
  'referrer-policy',
  'strict-transport-security',
  'vary',
  'www-authenticate',
  'x-content-type-options',
  'x-frame-options',
];

/** What of an answer is known to differ from one asking to the next. */
export type Varies = ReadonlySet<'status' | 'headers' | 'body'>;

/**
 * Compares one HTTP answer of the slim image with the fat image's. Where the fat image itself is known to answer
 * differently each time (`varies`), only the structure is compared: the kind of content, and its size within 2 times.
 */
export function compareHttp(
  probe: string,
  fat: HttpAnswer,
  slim: HttpAnswer,
  varies: Varies,
): readonly Difference[] {
  if (fat.status !== slim.status && !varies.has('status')) {
    return [{ probe, kind: 'status', fat: statusLine(fat), slim: statusLine(slim) }];
  }
  return [...compareHeaders(probe, fat, slim, varies), ...compareBody(probe, fat, slim, varies)];
}

function compareHeaders(
  probe: string,
  fat: HttpAnswer,
  slim: HttpAnswer,
  varies: Varies,
): readonly Difference[] {
  const differences: Difference[] = [];
  for (const name of comparedHeaders) {
    if (varies.has('headers') && name !== 'content-type') continue;
    if (normaliseHeader(name, fat.headers[name]) === normaliseHeader(name, slim.headers[name])) continue;
    differences.push({ probe, kind: 'headers', fat: headerLine(name, fat), slim: headerLine(name, slim) });
  }
  const fatCookies = cookieNames(fat);
  const slimCookies = cookieNames(slim);
  if (fatCookies !== slimCookies && !varies.has('headers')) {
    differences.push({
      probe,
      kind: 'headers',
      fat: `sets cookies: ${fatCookies || 'none'}`,
      slim: `sets cookies: ${slimCookies || 'none'}`,
    });
  }
  return differences;
}

function compareBody(
  probe: string,
  fat: HttpAnswer,
  slim: HttpAnswer,
  varies: Varies,
): readonly Difference[] {
  if (fat.bodyDigest === slim.bodyDigest) return [];
  const bothText = fat.bodyText !== undefined && slim.bodyText !== undefined;
  if (bothText && sameText(fat, slim)) return [];
  if (varies.has('body')) {
    if (bothText === (fat.bodyText !== undefined || slim.bodyText !== undefined) && similarSize(fat, slim))
      return [];
    return [{ probe, kind: 'body', fat: describeBody(fat), slim: describeBody(slim) }];
  }
  if (!bothText) return [{ probe, kind: 'body', fat: describeBody(fat), slim: describeBody(slim) }];
  return [
    { probe, kind: 'body', ...firstDifferingLine(fat.bodyText ?? '', slim.bodyText ?? '', normaliseText) },
  ];
}

/** Only the first 64 KiB are at hand as text: what comes after must at least be about as long. */
function sameText(fat: HttpAnswer, slim: HttpAnswer): boolean {
  return normaliseText(fat.bodyText ?? '') === normaliseText(slim.bodyText ?? '') && similarSize(fat, slim);
}

function similarSize(fat: HttpAnswer, slim: HttpAnswer): boolean {
  const larger = Math.max(fat.bodySizeBytes, slim.bodySizeBytes);
  return larger <= 2 * Math.min(fat.bodySizeBytes, slim.bodySizeBytes) || larger < 64;
}

function normaliseHeader(name: string, value: string | undefined): string {
  if (value === undefined) return '';
  if (name === 'vary' || name === 'allow')
    return value
      .toLowerCase()
      .split(/\s*,\s*/)
      .sort()
      .join(',');
  if (name === 'content-type')
    return value
      .toLowerCase()
      .replace(/boundary=[^;]+/, 'boundary=')
      .replace(/;\s+/g, ';');
  if (name === 'content-security-policy') return normaliseText(value.replace(/'nonce-[^']+'/g, "'nonce'"));
  return normaliseText(value);
}

/** Values of cookies are sessions; which cookies are set is behaviour. */
function cookieNames(answer: HttpAnswer): string {
  const cookies = answer.headers['set-cookie']?.split('\n') ?? [];
  return [...new Set(cookies.map((cookie) => cookie.slice(0, Math.max(0, cookie.indexOf('=')))))]
    .sort()
    .join(', ');
}

function statusLine(answer: HttpAnswer): string {
  const text = answer.bodyText?.trim().replace(/\s+/g, ' ').slice(0, 160);
  return text === undefined || text === '' ? `${answer.status}` : `${answer.status}: ${text}`;
}

function headerLine(name: string, answer: HttpAnswer): string {
  const value = answer.headers[name];
  return value === undefined ? `no ${name}` : `${name}: ${value}`;
}

function describeBody(answer: HttpAnswer): string {
  return `${answer.headers['content-type'] ?? 'no content type'}, ${answer.bodySizeBytes} bytes, ${answer.bodyDigest.slice(0, 19)}`;
}
