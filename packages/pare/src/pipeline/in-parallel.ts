/**
 * Runs tasks side by side. When one fails the others are aborted and waited for, so that none goes on unseen, and the
 * first failure is thrown.
 */
export async function inParallel<const T extends readonly ((signal: AbortSignal) => Promise<unknown>)[]>(
  signal: AbortSignal,
  tasks: T,
): Promise<{ -readonly [K in keyof T]: Awaited<ReturnType<T[K]>> }> {
  const controller = new AbortController();
  const joined = AbortSignal.any([signal, controller.signal]);
  let failure: { readonly error: unknown } | undefined;
  const results = await Promise.all(
    tasks.map((task) =>
      task(joined).catch((error: unknown) => {
        failure ??= { error };
        controller.abort(error);
      }),
    ),
  );
  if (failure !== undefined) throw failure.error;
  return results as { -readonly [K in keyof T]: Awaited<ReturnType<T[K]>> };
}
