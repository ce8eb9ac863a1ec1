import { constants } from 'node:os';
import { PareError } from '../../model/pare-error.ts';

/** The first and last that glibc leaves to programs (signal(7)). */
const realTimeFirst = 34;
const realTimeLast = 64;

/** The number of a signal by name (`TERM`, `SIGTERM`, `SIGRTMIN+3`) or number. Throws PareError `usage`. */
export function signalNumber(name: string): number {
  const plain = name.trim().toUpperCase();
  if (/^\d+$/.test(plain) && Number(plain) >= 1 && Number(plain) <= realTimeLast) return Number(plain);
  const full = plain.startsWith('SIG') ? plain : `SIG${plain}`;
  const known = (constants.signals as Readonly<Record<string, number>>)[full];
  if (known !== undefined) return known;
  const realTime = /^SIGRT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(full);
  if (realTime !== null) {
    const base = realTime[1] === 'MIN' ? realTimeFirst : realTimeLast;
    const number = base + Number(`${realTime[2] ?? '+'}${realTime[3] ?? 0}`);
    if (number >= realTimeFirst && number <= realTimeLast) return number;
  }
  throw new PareError('usage', `${JSON.stringify(name)} is no signal`, { hint: 'see signal(7)' });
}
