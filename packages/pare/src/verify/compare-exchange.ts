import type { ExchangeAnswer } from '../model/observation.ts';
import type { Difference } from '../model/verdict.ts';
import { firstDifferingLine } from './excerpt.ts';
import { normaliseText } from './normalise.ts';

/**
 * Compares how an exchange ended and what came back, message by message. With `varies` (the fat image itself gave
 * something else the second time) only how it ended, and whether anything came back at all.
 */
export function compareExchange(
  probe: string,
  fat: ExchangeAnswer,
  slim: ExchangeAnswer,
  varies: boolean,
): readonly Difference[] {
  if (fat.outcome !== slim.outcome) {
    return [{ probe, kind: 'exchange', fat: ending(fat), slim: ending(slim) }];
  }
  if (varies) {
    if ((fat.received.length === 0) === (slim.received.length === 0)) return [];
    return [{ probe, kind: 'exchange', fat: ending(fat), slim: ending(slim) }];
  }
  const fatText = fat.received.join('\n');
  const slimText = slim.received.join('\n');
  if (fatText === slimText || normaliseText(fatText) === normaliseText(slimText)) return [];
  return [{ probe, kind: 'exchange', ...firstDifferingLine(fatText, slimText, normaliseText) }];
}

function ending({ outcome, received }: ExchangeAnswer): string {
  const last = received.at(-1)?.slice(0, 160);
  return last === undefined ? `${outcome}, nothing received` : `${outcome}; ${last}`;
}
