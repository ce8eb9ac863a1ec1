import type { PlainLinks } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import { startThread } from './ask-thread.ts';

/** What the thread is to make. */
export interface LinkOrder {
  /** The first is there and empty. */
  readonly directories: readonly {
    readonly place: string;
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly mtimeSeconds: number;
  }[];
  /** What is there already, and its further name. */
  readonly links: PlainLinks['links'];
}

export type LinkAnswer =
  | { readonly kind: 'made' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/**
 * Makes directories and links in a thread of its own: a third of the time that tar takes for them. `onHandedOver` is called once it is the thread's
 * work alone. Throws PareError `disk-full`, `engine-failed` where one cannot be made, and the signal's reason.
 */
export async function makeLinks(
  ordered: () => Promise<LinkOrder | undefined>,
  {
    onHandedOver,
    signal,
  }: { readonly onHandedOver?: (() => void) | undefined; readonly signal?: AbortSignal | undefined },
): Promise<'made' | 'not ordered'> {
  // It starts while its order is made.
  await using thread = startThread<LinkOrder, LinkAnswer>('link-thread', signal);
  const order = await ordered();
  if (order === undefined) return 'not ordered';
  const answering = thread.ask(order);
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
