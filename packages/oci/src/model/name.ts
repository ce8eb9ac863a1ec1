import { Buffer, isUtf8 } from 'node:buffer';
import { OciError } from './oci-error.ts';

const ESCAPE_BASE = 0xdc00;
const REPLACEMENT = '\ufffd';
/** Without state between two names, since each is decoded whole. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const SURROGATES = /[\ud800-\udfff]/;

/**
 * Decodes a name's bytes as UTF-8; each byte that is not part of valid UTF-8 becomes one lone surrogate
 * U+DC80..U+DCFF ("surrogateescape", PEP 383), so that `encodeName` gives the same bytes back.
 */
export function decodeName(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  // Bytes that are not valid give it, and so does itself.
  if (!text.includes(REPLACEMENT)) return text;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? text : decodeEscaping(buffer);
}

/** The bytes of a decoded name. Throws OciError `hostile` on a surrogate that `decodeName` never makes. */
export function encodeName(name: string): Uint8Array {
  return SURROGATES.test(name) ? encodeEscaped(name) : Buffer.from(name, 'utf8');
}

/** The one spelling of a name: escaped bytes that together are valid UTF-8 are decoded. */
export function canonicalName(name: string): string {
  return SURROGATES.test(name) ? decodeName(encodeEscaped(name)) : name;
}

/** How many bytes `encodeName` gives. */
export function nameBytes(name: string): number {
  return SURROGATES.test(name) ? encodeEscaped(name).length : Buffer.byteLength(name, 'utf8');
}

function decodeEscaping(bytes: Buffer): string {
  const parts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      parts.push(String.fromCharCode(ESCAPE_BASE + (bytes[at] ?? 0)));
      at += 1;
    } else {
      parts.push(bytes.toString('utf8', at, at + length));
      at += length;
    }
  }
  return parts.join('');
}

/** Length of the valid UTF-8 sequence at `at`, 0 when there is none (Unicode 15, table 3-7). */
function sequenceLength(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

function encodeEscaped(name: string): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) parts.push(Uint8Array.of(code - ESCAPE_BASE));
    else if (code >= 0xd800 && code <= 0xdfff) {
      throw new OciError(
        'hostile',
        `the name ${JSON.stringify(name.slice(0, 200))} holds a surrogate that stands for no byte`,
      );
    } else parts.push(Buffer.from(character, 'utf8'));
  }
  return Buffer.concat(parts);
}
