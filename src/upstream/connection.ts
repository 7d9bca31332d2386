import { SluiceError, toMessage } from "../base/errors.ts";
import { toSeconds } from "../base/in-time.ts";
import { limits } from "../base/limits.ts";
import type { Turns } from "../base/turns.ts";
import type { ServerConfig } from "../config/config.ts";
import { openSession, type Session } from "./session.ts";
import { toNetworkMessage } from "./upstream-error.ts";

/** `idle`: not connected, nothing known against it. `queued`: wanted, and others are being started before it. */
export type UpstreamState = "ready" | "idle" | "queued" | "connecting" | "failed" | "disabled";

/** The connection to one server: made when first needed, kept, made again after it broke. */
export interface Connection {
  readonly state: UpstreamState;
  /** Why it failed or is disabled. */
  readonly reason: string | undefined;
  /** The session, shared by all callers; rejects with `upstream_unavailable`, or `cancelled` when this caller's signal aborts (the start goes on for others). */
  acquire(signal?: AbortSignal): Promise<Session>;
  /** A request was answered: the server works, so the next failure is a first one. */
  noteAnswer(): void;
  /** Gives up a session that the server has forgotten; the next `acquire` makes another. */
  drop(session: Session): void;
  /** Ends the server; every later `acquire` fails. */
  close(): Promise<void>;
}

export interface ConnectionOptions {
  server: ServerConfig;
  /** Shared by all connections: each start waits for its turn. */
  turns: Turns;
  log: (line: string) => void;
  onToolsChanged: () => void;
  onState: (state: UpstreamState, reason: string | undefined) => void;
}

/** A connection in its first state: nothing is started. */
export function createConnection(options: ConnectionOptions): Connection {
  const { server } = options;
  const name = `server "${server.key}"`;
  const verb = server.transport.kind === "stdio" ? "start" : "reach";
  const closing = new AbortController();
  let state: UpstreamState = server.disabledReason === undefined ? "idle" : "disabled";
  let reason = server.disabledReason;
  let session: Session | undefined;
  let opening: Promise<Session> | undefined;
  let isLegacy = false;
  /** Starts that failed, or sessions that broke without one answer, in a row. */
  let failures = 0;
  let nextTryAt = 0;

  function enter(next: UpstreamState, why?: string): void {
    state = next;
    reason = why;
    options.onState(next, why);
  }

  function noteFailure(why: string): void {
    failures++;
    // The first failure may be chance and is tried again at once.
    const pauseMs = failures < 2 ? 0 : Math.min(limits.reconnectMsMin * 2 ** (failures - 2), limits.reconnectMsMax);
    nextTryAt = performance.now() + pauseMs;
    enter("failed", why);
  }

  async function open(): Promise<Session> {
    // Nothing has happened to it yet, so nobody is told.
    state = "queued";
    const endTurn = await options.turns.take(server.key, closing.signal).catch(() => {
      state = "idle";
      throw closed();
    });
    enter("connecting");
    const deadline = new AbortController();
    const timer = setTimeout(
      () => deadline.abort(new Error(`it did not answer the handshake within ${server.connectMs} ms`)),
      server.connectMs,
    );
    let opened: Session | undefined;
    try {
      opened = await openSession({
        server,
        isLegacy,
        log: options.log,
        onToolsChanged: options.onToolsChanged,
        onClosed: () => noteClosed(opened),
        signal: AbortSignal.any([deadline.signal, closing.signal]),
      });
    } catch (error) {
      // What it spoke before it may speak no more.
      isLegacy = false;
      const refusal = toStartError(error);
      noteFailure(refusal.message);
      throw refusal;
    } finally {
      clearTimeout(timer);
      endTurn();
    }
    if (closing.signal.aborted) {
      await opened.close();
      throw closed();
    }
    isLegacy = opened.isLegacy;
    session = opened;
    if (!opened.isOpen()) {
      // It ended between its answer and now.
      noteClosed(opened);
      throw new SluiceError("upstream_unavailable", `Cannot ${verb} ${name}: ${reason}`, {
        transient: { mayHaveRun: false },
      });
    }
    enter("ready");
    return opened;
  }

  function noteClosed(which: Session | undefined): void {
    if (session === undefined || which !== session) return;
    session = undefined;
    if (closing.signal.aborted) enter("idle");
    else {
      const { how, lastWords } = which.describeEnd();
      noteFailure(`it ${how}${lastWords}`);
    }
  }

  function toStartError(error: unknown): SluiceError {
    if (closing.signal.aborted) return closed();
    if (error instanceof SluiceError) {
      return new SluiceError("upstream_unavailable", error.message, {
        cause: error,
        ...(error.transient === undefined ? {} : { transient: error.transient }),
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
    const status = statusOf(error);
    return new SluiceError(
      "upstream_unavailable",
      `Cannot ${verb} ${name}: ${error instanceof Error && error.cause instanceof TypeError ? toNetworkMessage(error) : toMessage(error)}`,
      {
        cause: error,
        ...(status !== undefined && status < 500 && status !== 429 ? {} : { transient: { mayHaveRun: false } }),
        ...(status === 401 || status === 403 ? { hint: 'Check the credentials in its "headers"' } : {}),
      },
    );
  }

  function closed(): SluiceError {
    return new SluiceError("upstream_disconnected", `The connection to ${name} is closed: Sluice is ending`);
  }

  return {
    get state() {
      return state;
    },
    get reason() {
      return reason;
    },
    acquire: async (signal) => {
      if (signal?.aborted === true) throw cancelled(name);
      if (closing.signal.aborted) throw closed();
      if (state === "disabled")
        throw new SluiceError("upstream_unavailable", `Server "${server.key}" is disabled: ${server.disabledReason}`);
      if (session?.isOpen() === true) return session;
      const waitMs = Math.ceil(nextTryAt - performance.now());
      if (opening === undefined && waitMs > 0) {
        throw new SluiceError(
          "upstream_unavailable",
          `Server "${server.key}" has failed ${failures} times in a row and is tried again in ${toSeconds(waitMs)} s. The last time: ${reason}`,
          { transient: { mayHaveRun: false, retryAfterMs: waitMs } },
        );
      }
      opening ??= open().finally(() => {
        opening = undefined;
      });
      return signal === undefined ? opening : untilAborted(opening, signal, name);
    },
    noteAnswer: () => {
      failures = 0;
    },
    drop: (which) => {
      if (session !== which) return;
      session = undefined;
      enter("idle");
      void which.close();
    },
    close: async () => {
      closing.abort(new Error("Sluice is ending"));
      await Promise.allSettled([opening, session?.close()]);
    },
  };
}

function cancelled(name: string): SluiceError {
  return new SluiceError("cancelled", `The wait for ${name} was cancelled`);
}

function statusOf(error: unknown): number | undefined {
  return typeof error === "object" && error !== null && "status" in error && typeof error.status === "number"
    ? error.status
    : undefined;
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal, name: string): Promise<T> {
  let giveUp = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(cancelled(name));
    signal.addEventListener("abort", giveUp, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
    // Nobody may be left to hear of its failure.
    work.catch(() => {});
  }
}
