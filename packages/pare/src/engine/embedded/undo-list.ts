/** What is to be undone, last thing first, unless all of it came to a good end. Node 20 has no AsyncDisposableStack. */
export interface UndoList extends AsyncDisposable {
  add(undo: () => Promise<void> | void): void;
  /** From here on nothing is undone. */
  keep(): void;
}

/** Opens an empty list. Disposing of it undoes; what fails then does not keep the rest from being undone. */
export function openUndoList(): UndoList {
  const steps: (() => Promise<void> | void)[] = [];
  return {
    add: (undo) => void steps.push(undo),
    keep: () => void steps.splice(0),
    async [Symbol.asyncDispose]() {
      const failures: unknown[] = [];
      for (const undo of steps.splice(0).reverse()) {
        try {
          await undo();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
