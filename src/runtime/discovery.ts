import { toMessage } from "../base/errors.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { ServerConfig } from "../config/config.ts";
import type { Upstreams } from "../upstream/upstreams.ts";

/** Keeps the catalogue true: asks servers for their tools when nothing is known of them, and again when they may have changed. */
export interface Discovery {
  /** Asks these servers now; a server that fails is left as it was known. */
  fetch(keys: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Asks those of these servers that were never reached; others cost nothing. */
  ensureKnown(keys: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Asks in the background. */
  refresh(key: string): void;
  /** Waits for what runs in the background. */
  close(): Promise<void>;
}

export interface DiscoveryOptions {
  servers: readonly ServerConfig[];
  catalogue: Catalogue;
  upstreams: Upstreams;
  onChanged: (key: string) => void;
  log: (line: string) => void;
}

export function createDiscovery({ servers, catalogue, upstreams, onChanged, log }: DiscoveryOptions): Discovery {
  const enabled = new Set(servers.filter(({ disabledReason }) => disabledReason === undefined).map(({ key }) => key));
  /** One question per server at a time, shared by all who wait for it. */
  const asking = new Map<string, Promise<void>>();
  const closing = new AbortController();

  function ask(key: string): Promise<void> {
    let question = asking.get(key);
    if (question === undefined) {
      question = fetchOne(key).finally(() => asking.delete(key));
      asking.set(key, question);
    }
    return question;
  }

  async function fetchOne(key: string): Promise<void> {
    try {
      const listing = await upstreams.listTools(key, { signal: closing.signal });
      const { changed } = catalogue.update(key, listing);
      for (const problem of listing.problems) log(`${key}: ${problem}`);
      if (changed) onChanged(key);
    } catch (error) {
      if (!closing.signal.aborted) log(`${key}: ${toMessage(error)}`);
    }
  }

  async function fetch(keys: readonly string[], signal?: AbortSignal): Promise<void> {
    const all = Promise.all(keys.filter((key) => enabled.has(key)).map(ask));
    if (signal === undefined) return void (await all);
    // The question goes on for others when this one stops waiting.
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      void all.then(() => resolve());
      if (signal.aborted) resolve();
    });
  }

  return {
    fetch,
    async ensureKnown(keys, signal) {
      const unknown = keys.filter((key) => catalogue.server(key)?.fetchedAt === undefined && enabled.has(key));
      if (unknown.length > 0) await fetch(unknown, signal);
    },
    refresh(key) {
      if (!closing.signal.aborted) void ask(key);
    },
    async close() {
      closing.abort();
      await Promise.all(asking.values());
    },
  };
}
