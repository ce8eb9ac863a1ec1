import { printable } from '../terminal-text.ts';

/** Text made safe in HTML, between tags and in quoted attributes; control characters and text that runs backwards are spelled out. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A section with a heading; none without content. */
export function section(title: string, content: string): string {
  return content === '' ? '' : `<section><h2>${escapeHtml(title)}</h2>${content}</section>`;
}

/** JSON made so that it can stand in a script element: nothing in it ends the element (HTML, 13.1.3 "Restrictions on contents"). */
export function scriptSafe(json: string): string {
  return json.replace(
    /[<\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
