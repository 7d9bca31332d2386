/** What must end with its owner, ended in the reverse order of its making. (Node 20 has no AsyncDisposableStack.) */
export interface Cleanup extends AsyncDisposable {
  use<T extends AsyncDisposable | Disposable>(resource: T): T;
  defer(end: () => Promise<void> | void): void;
}

/** An empty one; disposing it twice ends everything once. */
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
      for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
    },
  };
}
