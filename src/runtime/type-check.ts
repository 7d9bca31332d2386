import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createIdleThread } from "../base/idle-thread.ts";
import { limits } from "../base/limits.ts";
import { guestTypes } from "../codegen/guest-types.ts";

/** One program and all that it can name; see `type-check-thread.js`. */
export interface CheckInput {
  code: string;
  files: [path: string, text: string][];
  specifiers: [specifier: string, path: string][];
  signatures: [path: string, signature: string][];
  /** Texts by which the program calls tools. */
  addresses: [address: string, path: string][];
}

export interface TypeProblem {
  /** From 1. */
  line: number;
  message: string;
}

/** The type check of programs, in a thread that starts with the first one and ends when idle. */
export interface TypeCheck {
  /** Starts the thread ahead of need. */
  warm(): void;
  /** What is wrong with a program; `undefined` where it could not be checked. Never rejects. */
  check(input: CheckInput): Promise<TypeProblem[] | undefined>;
}

/** A file that the build makes; run from the sources, it is the last build's. */
function findBuilt(name: string): string | undefined {
  const places = [`./${name}`, `../../dist/runtime/${name}`];
  return places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find(existsSync);
}

/** Starts nothing yet. */
export function createTypeCheck(): TypeCheck & AsyncDisposable {
  const typescript = findBuilt("typescript.cjs");
  const library = findBuilt("typescript-lib.json");
  const waiting = new Map<number, (problems: TypeProblem[] | undefined) => void>();
  let lastId = 0;
  const thread = createIdleThread({
    file: new URL("./type-check-thread.js", import.meta.url),
    workerData: { typescript, library, guestTypes: [...guestTypes], problemsMax: limits.typeProblemsMax },
    idleMs: limits.typeCheckIdleMs,
    heapMb: limits.typeCheckHeapMb,
    onMessage: ({ id, problems }: { id: number; problems?: TypeProblem[] }) => settle(id, problems),
    onLost() {
      for (const id of waiting.keys()) settle(id, undefined);
    },
  });

  function settle(id: number, problems: TypeProblem[] | undefined): void {
    waiting.get(id)?.(problems);
    waiting.delete(id);
    if (waiting.size === 0) thread.rest();
  }

  const isBuilt = typescript !== undefined && library !== undefined;
  return {
    warm() {
      if (isBuilt) thread.warm();
    },
    check(input) {
      // More at once would only wait for each other.
      if (!isBuilt || waiting.size >= limits.typeChecksMax) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const id = ++lastId;
        const late = setTimeout(() => {
          settle(id, undefined);
          // A type that takes so long to check holds up every check after it.
          void thread.end();
        }, limits.typeCheckMs);
        waiting.set(id, (problems) => {
          clearTimeout(late);
          resolve(problems);
        });
        thread.need().postMessage({ id, ...input });
      });
    },
    [Symbol.asyncDispose]: () => thread.end(),
  };
}

/** That of this process: the compiler is loaded once for however many Sluices, and stays until it is idle. */
export const sharedTypeCheck: TypeCheck = createTypeCheck();
