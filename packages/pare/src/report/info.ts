import type { ImageInfo } from '../model/image-info.ts';
import type { TerminalOptions } from './terminal.ts';

/** `pare info` as a person reads it. */
export function renderInfo(info: ImageInfo, options: TerminalOptions): string {
  return `${info.reference} ${options.width}\n`;
}
