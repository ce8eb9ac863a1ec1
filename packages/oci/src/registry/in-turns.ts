/**
 * Runs tasks, at most `limit` at a time. When one fails no other begins, `onFailure` may end those under way, which are
 * waited for, and the first failure is thrown.
 */
export async function inTurns(
  tasks: readonly (() => Promise<void>)[],
  limit: number,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const queue = [...tasks];
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (let task = queue.shift(); task !== undefined && failure === undefined; task = queue.shift()) {
      try {
        await task();
      } catch (error) {
        failure ??= { error };
        onFailure(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, tasks.length) }, worker));
  if (failure !== undefined) throw failure.error;
}
