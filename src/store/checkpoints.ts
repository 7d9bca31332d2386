import { createIdleThread } from "../base/idle-thread.ts";
import { limits } from "../base/limits.ts";

/** What the thread is asked: to move the log of a file into it, or, `isLast`, to close what it has open of it. */
export interface CheckpointRequest {
  file: string;
  isLast: boolean;
}

/** Who waits for a checkpoint of a file. */
const waiting = new Map<string, ((isMoved: boolean) => void)[]>();
/** What the thread may have open. */
const open = new Set<string>();
/** The one thread that does them, for the whole process. */
const thread = createIdleThread({
  file: new URL("./checkpoint-thread.js", import.meta.url),
  workerData: undefined,
  idleMs: limits.storeThreadIdleMs,
  onMessage: (file: string) => settle(file, true),
  onLost() {
    open.clear();
    for (const file of waiting.keys()) settle(file, false);
  },
});

function settle(file: string, isMoved: boolean): void {
  const waited = waiting.get(file) ?? [];
  waiting.delete(file);
  if (waiting.size === 0) thread.rest();
  for (const then of waited) then(isMoved);
}

/** Until it is done it keeps the process alive: ended while it works on a file, a thread takes the process with it. */
function ask(request: CheckpointRequest, then: (isMoved: boolean) => void): void {
  const waited = waiting.get(request.file) ?? [];
  waiting.set(request.file, [...waited, then]);
  if (request.isLast) open.delete(request.file);
  else open.add(request.file);
  thread.need().postMessage(request);
}

const PAGE_CHARS = 4_096;
/** A row and its place in an index, each with what leads to it now and then. */
const COMMIT_PAGES = 3;

/**
 * Moves what a SQLite file's log holds into the file, in a thread, since that waits for the disk: where SQLite does it
 * by itself, at a commit, all of the process waits.
 */
export class Checkpoints {
  #file: string;
  #here: () => void;
  #isUnderWay = false;
  #isStopped = false;
  /** About how many pages were written since all was moved. */
  #pages = 0;

  /** `here`: does it at once, in this thread. */
  constructor(file: string, here: () => void) {
    this.#file = file;
    this.#here = here;
  }

  /** Told of each statement that writes. */
  wrote(params: readonly unknown[]): void {
    for (const value of params) if (typeof value === "string") this.#pages += value.length / PAGE_CHARS;
  }

  /** Called after each commit. */
  committed(): void {
    this.#pages += COMMIT_PAGES;
    this.#start();
  }

  /** The file is closed here. */
  stop(): void {
    this.#isStopped = true;
    if (open.has(this.#file)) ask({ file: this.#file, isLast: true }, () => undefined);
  }

  #start(): void {
    if (this.#isUnderWay || this.#isStopped || this.#pages < limits.storeLogPages) return;
    this.#isUnderWay = true;
    const pages = this.#pages;
    ask({ file: this.#file, isLast: false }, (isMoved) => this.#moved(pages, isMoved));
  }

  /** The log begins anew with the next writing if nothing was written meanwhile, else it is tried again. */
  #moved(pages: number, isMoved: boolean): void {
    if (this.#isStopped) return;
    const isMore = this.#pages > pages;
    if (isMoved && isMore && this.#pages < limits.storeLogPagesMax) {
      setTimeout(() => {
        this.#isUnderWay = false;
        this.#start();
      }, limits.storeLogAgainMs).unref();
      return;
    }
    // There is no thread; or little is left, and writing has no pause.
    if (!isMoved || isMore) this.#here();
    this.#pages = 0;
    this.#isUnderWay = false;
  }
}
