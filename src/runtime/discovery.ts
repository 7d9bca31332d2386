import { setMaxListeners } from "node:events";
import { toMessage } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Catalogue, CatalogueView } from "../catalogue/catalogue.ts";
import type { ListedDefinition } from "../catalogue/trust.ts";
import type { ServerConfig } from "../config/config.ts";
import type { Upstreams } from "../upstream/upstreams.ts";
import type { MissingServer } from "./unresolved.ts";

/** Keeps the catalogue true: asks servers for their tools when nothing is known of them, and again when they may have changed. */
export interface Discovery {
  /** Asks these servers now; a server that fails is left as it was known. */
  fetch(keys: readonly string[], signal?: AbortSignal): Promise<void>;
  /**
   * Asks those of these servers that were never reached, before any others, and waits for them for a bounded time
   * (`isPatient`: until each has answered or failed); others cost nothing. One that failed a moment ago is not asked again.
   */
  ensureKnown(keys: readonly string[], signal?: AbortSignal): Promise<void>;
  /** The same of those whose known list is not of the connection that they have now: it may be old. */
  ensureListed(keys: readonly string[], signal?: AbortSignal): Promise<void>;
  /** The servers whose tools this catalogue does not know though it should, each with why. */
  missing(view: CatalogueView): MissingServer[];
  /** Why nothing can be called on this server: it is disabled, failed, or has not answered; `undefined` if its tools are known. */
  unavailable(key: string): string | undefined;
  /** The protocol revision that a server was last spoken to in, by this process. */
  protocol(key: string): string | undefined;
  /** Asks in the background. */
  refresh(key: string): void;
  /** The server was connected anew: what it lists may be other than before. */
  noteConnected(key: string): void;
  /** Whether the known list of a server is of the connection that it has now; asks for it where it is not. */
  isListed(key: string, signal?: AbortSignal): Promise<boolean>;
  /** Waits for what runs in the background. */
  close(): Promise<void>;
}

export interface DiscoveryOptions {
  servers: readonly ServerConfig[];
  catalogue: Catalogue;
  upstreams: Upstreams;
  /** A server has listed these tools; called before `onChanged`. */
  onListed: (key: string, definitions: readonly ListedDefinition[]) => void;
  onChanged: (key: string) => void;
  /** Nobody asks again later: whoever waits for servers waits for the time-outs of each. Default false. */
  isPatient?: boolean;
  /** Somebody goes on waiting for these. */
  onAwaited: (keys: readonly string[]) => void;
  log: (line: string) => void;
}

export function createDiscovery({
  servers,
  catalogue,
  upstreams,
  onListed,
  onChanged,
  isPatient = false,
  onAwaited,
  log,
}: DiscoveryOptions): Discovery {
  const enabled = new Set(servers.filter(({ disabledReason }) => disabledReason === undefined).map(({ key }) => key));
  const configured = new Map(servers.map((server) => [server.key, server]));
  /** One question per server at a time, shared by all who wait for it. */
  const asking = new Map<string, { answered: Promise<void>; since: number; isStale: boolean }>();
  const failures = new Map<string, { at: number; reason: string }>();
  const protocols = new Map<string, string>();
  /** The servers whose list came over the connection that they have now. */
  const listed = new Set<string>();
  const timers = new Map<string, NodeJS.Timeout>();
  const closing = new AbortController();
  // Each server that is being asked listens to it.
  setMaxListeners(0, closing.signal);

  const isUnknown = (key: string, view: CatalogueView = catalogue): boolean =>
    enabled.has(key) && view.server(key)?.fetchedAt === undefined;

  const isOfConnection = (key: string): boolean => upstreams.state(key) === "ready" && listed.has(key);

  function ask(key: string): Promise<void> {
    let question = asking.get(key);
    if (question === undefined) {
      question = {
        answered: fetchOne(key).finally(() => asking.delete(key)),
        since: performance.now(),
        isStale: false,
      };
      asking.set(key, question);
    }
    return question.answered;
  }

  async function fetchOne(key: string): Promise<void> {
    try {
      const listing = await upstreams.listTools(key, { signal: closing.signal });
      const { changed, definitions } = catalogue.update(key, listing);
      failures.delete(key);
      // Not of the server as it is now, where that has said meanwhile that it has changed.
      if (asking.get(key)?.isStale !== true) listed.add(key);
      askAgainAfter(key, listing.ttlMs);
      onListed(key, definitions);
      protocols.set(key, listing.protocol);
      for (const problem of listing.problems) log(`${key}: ${problem}`);
      if (changed) onChanged(key);
    } catch (error) {
      if (closing.signal.aborted) return;
      failures.set(key, { at: performance.now(), reason: toMessage(error) });
      log(`${key}: ${toMessage(error)}`);
    }
  }

  /** A list is asked for again when its server says that it is stale; without a connection the next one does that. */
  function askAgainAfter(key: string, ttlMs: number): void {
    clearTimeout(timers.get(key));
    timers.delete(key);
    if (ttlMs <= 0) return;
    const wait = Math.min(Math.max(ttlMs, limits.listTtlMsMin), limits.listTtlMsMax);
    const timer = setTimeout(() => {
      timers.delete(key);
      if (upstreams.state(key) === "ready" && !closing.signal.aborted) void ask(key);
    }, wait);
    timers.set(key, timer.unref());
  }

  async function fetch(keys: readonly string[], signal?: AbortSignal): Promise<void> {
    await settled(Promise.all(keys.filter((key) => enabled.has(key)).map(ask)), signal);
  }

  /** Asks those that did not fail a moment ago, before all others, and waits. */
  async function fetchInTime(keys: readonly string[], signal?: AbortSignal): Promise<void> {
    const now = performance.now();
    const asked = keys.filter((key) => now - (failures.get(key)?.at ?? -Infinity) > limits.discoveryRetryMs);
    if (asked.length === 0) return;
    const awaited = new Set(asked);
    const all = Promise.all(asked.map(async (key) => ask(key).then(() => awaited.delete(key))));
    upstreams.hurry(asked);
    // Those who came before have waited for it already, unless its start has not even begun: the wait is one for all.
    const waits = asked.map((key) => limits.discoveryWaitMs - (now - sinceOf(key, now)));
    let waitMs = Math.max(0, ...waits);
    for (;;) {
      const late = AbortSignal.timeout(Math.ceil(waitMs));
      await settled(all, signal === undefined ? late : AbortSignal.any([signal, late]));
      if (!isPatient || awaited.size === 0 || signal?.aborted === true) return;
      onAwaited([...awaited]);
      waitMs = limits.discoveryWaitMs;
    }
  }

  function sinceOf(key: string, now: number): number {
    const question = asking.get(key);
    if (question === undefined) return now;
    if (upstreams.state(key) === "queued") question.since = now;
    return question.since;
  }

  function unavailable(key: string): string | undefined {
    const server = configured.get(key);
    if (server === undefined) return undefined;
    if (server.disabledReason !== undefined) return `it is disabled: ${server.disabledReason}`;
    if (!isUnknown(key)) return undefined;
    return failures.get(key)?.reason ?? "it has not answered yet";
  }

  return {
    fetch,
    ensureKnown: (keys, signal) =>
      fetchInTime(
        keys.filter((key) => isUnknown(key)),
        signal,
      ),
    ensureListed: (keys, signal) =>
      fetchInTime(
        keys.filter((key) => enabled.has(key) && !isOfConnection(key)),
        signal,
      ),
    protocol: (key) => protocols.get(key),
    missing: (view) =>
      servers
        .filter(({ key, isBroken }) => isUnknown(key, view) || isBroken === true)
        .map(({ key }) => ({ key, reason: unavailable(key) ?? "it answered during the search" })),
    unavailable,
    refresh(key) {
      if (closing.signal.aborted) return;
      const question = asking.get(key);
      if (question === undefined) return void ask(key);
      // What is on its way may be from before the change; of however many changes one more list tells.
      if (question.isStale) return;
      question.isStale = true;
      listed.delete(key);
      void question.answered.then(() => {
        if (!closing.signal.aborted) void ask(key);
      });
    },
    noteConnected(key) {
      listed.delete(key);
      // What the store had may be old: asked again beside the call that connected it, or by what connected it.
      if (!closing.signal.aborted) void ask(key);
    },
    async isListed(key, signal) {
      if (isOfConnection(key)) return true;
      listed.delete(key);
      await fetch([key], signal);
      // It changed while it was asked.
      if (!listed.has(key)) await fetch([key], signal);
      return listed.has(key);
    },
    async close() {
      closing.abort();
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all([...asking.values()].map(({ answered }) => answered));
    },
  };
}

/** Waits until the work is done or the signal aborts; the work goes on then, for others. */
async function settled(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return void (await work);
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    void work.then(() => resolve());
    if (signal.aborted) resolve();
  });
}
