import { PareError } from '../model/pare-error.ts';
import { carryOut, type LinkOrder } from './link-order.ts';
import type { StoreThread } from './store-thread.ts';

/** As many as are made in a few milliseconds. */
const fewPaths = 400;

interface Making {
  /** How much there will be to do: about. */
  readonly expectedPaths: number;
  /** Called once what is left is the other thread's work. */
  readonly onHandedOver?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly thread: StoreThread;
}

/**
 * Makes directories and links; many of them on the store's thread. Throws PareError `disk-full`,
 * `engine-failed` where one cannot be made, and the signal's reason.
 */
export async function makeLinks(
  ordered: () => Promise<LinkOrder | undefined>,
  { expectedPaths, onHandedOver, signal, thread }: Making,
): Promise<'made' | 'not ordered'> {
  const isLong = expectedPaths > fewPaths;
  // It starts while its order is made.
  if (isLong) thread.start();
  const order = await ordered();
  if (order === undefined) return 'not ordered';
  signal?.throwIfAborted();
  const answering = isLong ? thread.ask('link', [{ order }], signal) : carryOut(order);
  onHandedOver?.();
  const answer = await answering;
  if (answer.kind === 'made') return 'made';
  if (answer.code === 'ENOSPC' || answer.code === 'EDQUOT')
    throw new PareError('disk-full', `no space is left for a slim image's layer`, {
      hint: 'free some space, or point XDG_DATA_HOME to a larger disk',
      details: [answer.message],
    });
  throw new PareError('engine-failed', `a slim image's layer could not be linked: ${answer.message}`);
}
