import type { PareErrorCode } from '../model/pare-error.ts';

/** Exit code of each error; 0 is success and 1 a bug in Pare. Documented in docs/cli.md. */
export const exitCodes: Readonly<Record<PareErrorCode, number>> = {
  usage: 2,
  'no-engine': 10,
  'engine-failed': 11,
  'image-not-found': 12,
  'image-invalid': 13,
  'image-foreign-architecture': 14,
  'image-without-command': 15,
  'image-is-a-shell': 16,
  'registry-denied': 17,
  'registry-failed': 18,
  'container-exited': 20,
  'container-not-ready': 21,
  'probe-failed': 22,
  'observation-failed': 23,
  'verification-failed': 30,
  'disk-full': 40,
  'timed-out': 41,
  cancelled: 130,
};

/** Exit code of an error that is not the user's or the machine's but ours. */
export const bugExitCode = 1;
