/**
 * What differs between two honest runs of one program, and the word that stands for it. The order matters: longer
 * forms come before their parts. No pattern nests quantifiers over the same characters, so that each is linear.
 */
const volatile: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?/g, '<time>'],
  // RFC 9110 section 5.6.7 (IMF-fixdate and its RFC 850 form), and RFC 5322 dates with a numeric zone.
  [
    /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}, \d\d?[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d (?:[A-Z]{3,4}|[+-]\d{4})/g,
    '<time>',
  ],
  // asctime(3) and date(1).
  [
    /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d (?:[A-Z]{3,5} )?\d{4}\b/g,
    '<time>',
  ],
  // The common log format.
  [/\b\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}/g, '<time>'],
  [/\b\d{4}[-/]\d\d[-/]\d\d\b/g, '<date>'],
  [/\b\d\d?:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AP]M)?\b/g, '<time>'],
  [/\b0x[0-9a-f]+\b/gi, '<address>'],
  [
    /(["']?\b(?:pid|ppid|uptime|rss|vsz|heap_?(?:total|used)|external|arrayBuffers|mem(?:ory)?_?(?:used|free|usage)|elapsed|duration|took|timestamp)["']?\s?[:=]\s?["']?)\d+(?:\.\d+)?/gi,
    '$1<number>',
  ],
  // Seconds to nanoseconds since the epoch, 2001 to 2286.
  [/\b[1-9]\d{9}(?:\d{3}|\d{6}|\d{9})?(?:\.\d{1,9})?\b/g, '<time>'],
  // A container's default host name is the first 12 hex digits of its ID. Letters alone would be words.
  [/\b(?=[0-9a-f]*[0-9])[0-9a-f]{12,}\b/gi, '<hex>'],
  [/\b(localhost|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}):\d{2,5}\b/g, '$1:<port>'],
  // Addresses of containers: RFC 1918.
  [/\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}\b/g, '<address>'],
  [/\b\d+(?:\.\d+)? ?(?:ns|µs|us|ms|s|secs?|seconds?|mins?|minutes?|hours?)\b/g, '<duration>'],
  [/\b\d+(?:\.\d+)? ?(?:[kKMG]i?B|bytes)\b/g, '<size>'],
];

/**
 * Replaces what may differ from run to run without the program being another: dates, times, uuids, hex identifiers,
 * ports, container addresses and host names, pids, durations and memory sizes. Line ends stay where they are.
 */
export function normaliseText(text: string): string {
  let normalised = text;
  for (const [pattern, word] of volatile) normalised = normalised.replace(pattern, word);
  return normalised;
}
