/** What must end with its owner, ended in the reverse order of its making. (Node 20 has no AsyncDisposableStack.) */
export interface Cleanup extends AsyncDisposable {
  use<T extends AsyncDisposable | Disposable>(resource: T): T;
  defer(end: () => Promise<void> | void): void;
}

/** An empty one; disposing it twice ends everything once. What the end of one throws is thrown when all have ended. */
export function createCleanup(): Cleanup {
  const ends: (() => Promise<void> | void)[] = [];
  return {
    use(resource) {
      ends.push(() =>
        Symbol.asyncDispose in resource ? Promise.resolve(resource[Symbol.asyncDispose]()) : resource[Symbol.dispose](),
      );
      return resource;
    },
    defer: (end) => void ends.push(end),
    async [Symbol.asyncDispose]() {
      const thrown: unknown[] = [];
      for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
        try {
          await end();
        } catch (error) {
          thrown.push(error);
        }
      }
      if (thrown.length > 0) throw thrown[0];
    },
  };
}
