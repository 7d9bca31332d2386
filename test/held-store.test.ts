// A store that cannot be written for a while: another connection holds its lock, as a backup or a full disk would.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBackground } from "../src/base/background.ts";
import { createCleanup } from "../src/base/cleanup.ts";
import { SluiceError } from "../src/base/errors.ts";
import { createLearned } from "../src/catalogue/learned.ts";
import { toShape } from "../src/catalogue/shape.ts";
import type { Tool } from "../src/catalogue/tool.ts";
import { createBreakerStore } from "../src/gateway/breaker-store.ts";
import { createBroker } from "../src/gateway/broker.ts";
import { createRecording } from "../src/journal/recording.ts";
import { createUsage } from "../src/runtime/usage.ts";
import { createStore, type Store } from "../src/store/store.ts";
import { openHouse } from "./house.ts";

const SOON = { timeout: 30_000 };
let folder: string;
let store: Store;
let said: string[];
const log = (line: string): void => void said.push(line);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-held-"));
  store = createStore(folder);
  said = [];
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Holds the file until it is disposed. */
function hold(directory: string): Disposable {
  const other = new Database(join(directory, "store.sqlite"), { timeout: 5_000 });
  other.exec("BEGIN IMMEDIATE");
  return {
    [Symbol.dispose]() {
      other.exec("ROLLBACK");
      other.close();
    },
  };
}

const tool = { server: "s", name: "t", address: "s.t", hash: "h", inputSchema: {} } as unknown as Tool;
const rowsOf = (table: string): number =>
  store.get<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)?.count ?? -1;

describe("what is written beside everything else", () => {
  test("learned types: said once, and written when it can be", { timeout: 60_000 }, async () => {
    using learned = createLearned(store, { log });
    {
      using _ = hold(folder);
      learned.observe(tool, toShape({ a: 1 }));
      await expect.poll(() => said, SOON).toHaveLength(1);
      learned.observe(tool, toShape({ b: "x" }));
      expect(said[0]).toMatch(/^learned types: Cannot use .*store\.sqlite: another process or thread holds it/);
    }
    await expect.poll(() => rowsOf("learned_output"), SOON).toBe(1);
    expect(said).toHaveLength(1);
    using again = createLearned(store);
    expect(again.of(tool)).toMatchObject({ calls: 2 });
  });

  test("usage: nothing that was counted is lost", { timeout: 60_000 }, async () => {
    using usage = createUsage(store, { writeMs: 5, log });
    {
      using _ = hold(folder);
      usage.add("s.t", { calls: 1 });
      await expect.poll(() => said, SOON).toHaveLength(1);
      usage.add("s.t", { calls: 2 });
    }
    await expect.poll(() => rowsOf("usage"), SOON).toBe(1);
    expect(usage.rows()).toMatchObject([{ tool: "s.t", calls: 3 }]);
  });

  test("a breaker holds in this process", () => {
    using _ = hold(folder);
    createBreakerStore(store, log).save("s", { state: "open", retryAt: 1, failedTries: 1 });
    expect(said).toEqual([expect.stringMatching(/^breakers: Cannot use/)]);
  });

  test("a question waits on where its answer cannot be read", { timeout: 60_000 }, async () => {
    let isBroken = false;
    const get: Store["get"] = (...given) => {
      if (isBroken) throw new SluiceError("store_unavailable", "Cannot read it");
      return store.get(...given);
    };
    const breakable = new Proxy(store, {
      get(of, name) {
        const member: unknown = name === "get" ? get : Reflect.get(of, name);
        return typeof member === "function" ? member.bind(of) : member;
      },
    });
    using broker = createBroker(breakable, { log });
    using other = createBroker(store);
    const body = { text: "?", arguments: [], calls: 1, data: [] };
    const asked = { kind: "approval", executionId: "e", tool: "s.t", origins: [], body } as const;
    const answer = broker.ask(asked, new AbortController().signal);
    await expect.poll(() => other.list(), SOON).toHaveLength(1);
    isBroken = true;
    await expect.poll(() => said, SOON).toEqual(["questions: Cannot read it"]);
    other.answer(other.list()[0]?.id ?? "", "allow-once", "test");
    isBroken = false;
    expect(await answer).toBe(true);
  });

  test("what never works is tried once more at the end, and the rest ends too", async () => {
    let tries = 0;
    const ended: string[] = [];
    const cleanup = createCleanup();
    cleanup.defer(() => void ended.push("first"));
    cleanup.defer(() => Promise.reject(new TypeError("no")));
    const work = (isLast: boolean): void => {
      tries += 1;
      throw new TypeError(`full ${isLast}`);
    };
    cleanup.use(createBackground(work, { name: "work", ms: 60_000, log })).ask();
    await expect(cleanup[Symbol.asyncDispose]()).rejects.toThrow("no");
    expect([tries, said, ended]).toEqual([1, ["work: full true"], ["first"]]);
  });
});

test("a wait that was in vain is not repeated while the lock lasts", () => {
  const insert = (): unknown => store.run("INSERT OR REPLACE INTO setting (name, value) VALUES ('a', 'b')");
  {
    using _ = hold(folder);
    expect(() => store.withoutWaiting(insert)).toThrow("another process or thread holds it");
    expect(insert).toThrow("another process or thread has held it for 500 ms");
    // What is read meanwhile says nothing of the lock.
    expect(rowsOf("setting")).toBe(0);
    expect(insert).toThrow("another process or thread holds it");
    expect(() => store.transaction(insert)).toThrow("another process or thread holds it");
  }
  // Another statement than those that found the lock: what they began is not under way any more.
  store.run("INSERT INTO setting (name, value) VALUES ('c', 'd')");
  using _ = hold(folder);
  expect(insert).toThrow("another process or thread has held it for 500 ms");
});

test("a journal that could not be written for a moment is written with the next step", () => {
  let isFull = true;
  const kept: number[] = [];
  const recording = createRecording({
    store: {
      append(number) {
        if (isFull) throw new SluiceError("store_unavailable", "full");
        kept.push(number);
      },
      ...{ withoutWaiting: (work) => work(), drop: () => undefined, useValue: () => undefined, seal: (text) => text },
    },
    values: {} as never,
    bytesMax: 1_000_000,
    toState: () => ({}),
  });
  expect(() => recording.left(1, {})).toThrow("The journal cannot be written: full");
  expect(recording.ended).toBe("it could not be written: full");
  isFull = false;
  recording.left(2, {});
  expect([kept, recording.ended]).toEqual([[0], undefined]);
});

test(
  "a run whose store is held ends with what it did, and nothing leaves meanwhile",
  { timeout: 120_000 },
  async () => {
    const house = await openHouse({ policy: { budget: { perDay: { calls: 100 } } } });
    const { sluice, stateDir } = house;
    expect((await sluice.callTool("zoo.echo")).status).toBe("completed");
    {
      using _ = hold(stateDir);
      const run = await house.run(
        'console.log("begun"); try { await zoo.echo({}) } catch (error) { return error.code }',
      );
      expect(run).toMatchObject({ status: "completed", result: "store_unavailable" });
      expect(run.logs).toMatchObject([{ text: "begun" }]);
      expect(run.warnings).toContainEqual(
        expect.objectContaining({ code: "store_unavailable", message: expect.stringContaining("perDay") as string }),
      );
      const checks = (await sluice.health?.()) ?? [];
      expect(checks.find(({ name }) => name === "store")).toMatchObject({ ok: false });
      expect(checks.find(({ name }) => name === "state directory")).toMatchObject({ ok: true });
    }
    expect((await sluice.callTool("zoo.echo")).status).toBe("completed");
    expect(sluice.verifyAudit()).toMatchObject({ intact: true });
    {
      using _ = hold(stateDir);
      await sluice[Symbol.asyncDispose]();
    }
    await house[Symbol.asyncDispose]();
  },
);
