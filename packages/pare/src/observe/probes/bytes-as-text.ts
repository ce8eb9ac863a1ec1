/** What an answer keeps of one exchange. */
export const receivedLimitBytes = 64 * 1024;

/** Bytes as an answer shows them: UTF-8 text, or hex digits when they are none. */
export function bytesAsText(bytes: Uint8Array): string {
  const head = bytes.subarray(0, receivedLimitBytes);
  if (!head.includes(0)) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: head.length < bytes.length });
    } catch {
      // Falls through to the form of what is no text.
    }
  }
  return Buffer.from(head).toString('hex');
}
