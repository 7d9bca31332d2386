import { Worker } from "node:worker_threads";

/** A thread of this process that is there while it is needed, and some time longer. */
export interface IdleThread {
  /** Starts it if it does not run. It keeps the process alive no longer than somebody needs it. */
  warm(): void;
  /** The thread, started if it does not run; until `rest` it keeps the process alive. */
  need(): Worker;
  /** Nobody needs it now: it ends after `idleMs`. */
  rest(): void;
  /** Ends it at once. */
  end(): Promise<void>;
  /** Whether this is the thread that runs now: what was given to another is lost. */
  isCurrent(thread: Worker): boolean;
}

export interface IdleThreadOptions<Message> {
  file: URL;
  workerData: unknown;
  idleMs: number;
  heapMb?: number;
  onMessage: (message: Message) => void;
  /** It has ended, by itself or by `end`: whoever waits for an answer waits in vain. */
  onLost: (reason: string) => void;
}

/** Starts nothing yet. */
export function createIdleThread<Message>(options: IdleThreadOptions<Message>): IdleThread {
  const { file, workerData, idleMs, heapMb, onMessage, onLost } = options;
  let thread: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;

  function start(): Worker {
    const started = new Worker(file, {
      workerData,
      // The flags of the host (a loader, an inspector) are no business of a thread.
      execArgv: [],
      ...(heapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
    });
    let reason = "the thread has ended";
    started.on("message", (message: Message) => {
      if (thread === started) onMessage(message);
    });
    started.on("error", (error) => {
      reason = error.message;
    });
    started.on("exit", () => {
      if (thread === started) void end(reason);
    });
    return started;
  }

  async function end(reason: string): Promise<void> {
    clearTimeout(idle);
    const ending = thread;
    thread = undefined;
    onLost(reason);
    await ending?.terminate();
  }

  function rest(): void {
    if (thread === undefined) return;
    thread.unref();
    clearTimeout(idle);
    idle = setTimeout(() => void end("the thread was idle"), idleMs).unref();
  }

  return {
    warm() {
      if (thread !== undefined) return;
      thread = start();
      rest();
    },
    need() {
      clearTimeout(idle);
      thread ??= start();
      thread.ref();
      return thread;
    },
    rest,
    end: () => end("the thread was ended"),
    isCurrent: (other) => thread === other,
  };
}
