import { Parser } from 'htmlparser2';

/** Which attribute of an element names something that a browser would load or go to. */
const linkAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  area: ['href'],
  link: ['href'],
  script: ['src'],
  img: ['src'],
  source: ['src'],
  video: ['src', 'poster'],
  audio: ['src'],
  iframe: ['src'],
  embed: ['src'],
  object: ['data'],
};

/** Links of one document that are followed at most. */
const linkLimit = 1000;

/** Where to read links from, and what they are relative to. */
export interface LinkedDocument {
  readonly contentType: string;
  readonly location: string | undefined;
  readonly text: string;
  /** Absolute, of the document itself. */
  readonly url: string;
}

/**
 * The same-origin addresses that a document leads to, as path and query, in their order and each once: links,
 * scripts, images and GET forms of HTML, `url()` and `@import` of CSS, and the `Location` of a redirect.
 */
export function linksOf(document: LinkedDocument): readonly string[] {
  const base = new URL(document.url);
  const found: string[] = document.location === undefined ? [] : [document.location];
  let relativeTo = base;
  if (/\bx?html\b/i.test(document.contentType)) {
    const html = readHtml(document.text);
    relativeTo = resolve(html.base, base) ?? base;
    found.push(...html.links);
  } else if (/\bcss\b/i.test(document.contentType)) {
    found.push(...readCss(document.text));
  }
  const paths = new Set<string>();
  for (const link of found.slice(0, linkLimit)) {
    const url = resolve(link, relativeTo);
    if (url !== undefined && url.origin === base.origin) paths.add(url.pathname + url.search);
  }
  return [...paths];
}

function resolve(link: string | undefined, base: URL): URL | undefined {
  if (link === undefined || !URL.canParse(link, base.href)) return undefined;
  const url = new URL(link, base);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}

function readHtml(text: string): { readonly links: readonly string[]; readonly base: string | undefined } {
  const links: string[] = [];
  let base: string | undefined;
  let inStyle = false;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'base') base ??= attributes.href;
      inStyle = name === 'style';
      if (name === 'form' && (attributes.method ?? 'get').toLowerCase() === 'get')
        links.push(attributes.action ?? '');
      for (const attribute of linkAttributes[name] ?? []) {
        const value = attributes[attribute];
        if (value !== undefined) links.push(value.trim());
      }
      if (attributes.style !== undefined) links.push(...readCss(attributes.style));
    },
    ontext(part) {
      if (inStyle) links.push(...readCss(part));
    },
    onclosetag() {
      inStyle = false;
    },
  });
  parser.end(text);
  return { links, base };
}

function readCss(text: string): readonly string[] {
  const matches = text.matchAll(
    /url\(\s{0,8}(?:"([^"\n]{1,2048})"|'([^'\n]{1,2048})'|([^"'()\s]{1,2048}))\s{0,8}\)|@import\s{1,8}(?:"([^"\n]{1,2048})"|'([^'\n]{1,2048})')/gi,
  );
  return [...matches].flatMap((match) => match.slice(1).filter((link) => link !== undefined));
}
