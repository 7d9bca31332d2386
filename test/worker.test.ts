import { describe, expect, test } from "vitest";
import { checkOutcome, openHouse } from "./house.ts";

// A thread of this process: no boundary, so it is only for programs that are trusted, and says so everywhere.

const trusted = { engine: "worker", trusted: true };

describe("it does not start", () => {
  test.each([
    [{ engine: "worker" }, "no boundary"],
    [{ engine: "worker", trusted: false }, "no boundary"],
    [{ ...trusted, wall: "bwrap" }, "No wall"],
    [{ ...trusted, wall: "container" }, "No wall"],
  ])("with %j", async (sandbox, message) => {
    await expect(openHouse({ sandbox })).rejects.toMatchObject({
      code: "engine_untrusted",
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining('"quickjs"') as string,
    });
  });
  test("below a floor", async () => {
    await expect(openHouse({ sandbox: { ...trusted, floor: "bwrap" } })).rejects.toMatchObject({
      code: "wall_below_floor",
    });
  });
  test("when trusted is not true or false", async () => {
    await expect(openHouse({ sandbox: { engine: "worker", trusted: "yes" } })).rejects.toMatchObject({
      code: "config_invalid",
    });
  });
});

describe("where programs are trusted", () => {
  test("it runs them, and says that there is no boundary", async () => {
    await using house = await openHouse({ sandbox: trusted });
    const outcome = await house.run(
      "console.log('hello');\nconst rows = await Promise.all([1, 2].map((n) => zoo.echo({ n })));\nfs.writeFileSync('./workspace/a.txt', 'a');\nreturn [rows, fs.readFileSync('./workspace/a.txt', 'utf8'), typeof process]",
    );
    checkOutcome(outcome, { result: [[{ n: 1 }, { n: 2 }], "a", "undefined"], logs: ["hello"] });
    expect(outcome.stats).toMatchObject({ engine: "worker", wall: "none (no boundary)" });
  });

  test("what spins is ended by its wall clock, and the host goes on", async () => {
    await using house = await openHouse({ sandbox: { ...trusted, timeoutMs: 500 } });
    const { status, error, logs } = await house.run("console.log('before');\nfor (;;);");
    expect({ status, code: error?.code, logs: logs.length }).toEqual({ status: "killed", code: "timeoutMs", logs: 1 });
    checkOutcome(await house.run("return 1"), { result: 1 });
  });

  test("a heap that is full ends the program only", async () => {
    await using house = await openHouse({ sandbox: { ...trusted, memoryMb: 64 } });
    const { status, error } = await house.run(
      "const all = [];\nfor (let n = 0; ; n += 1) all.push({ n, text: 'x' + n });",
    );
    expect({ status, code: error?.code }).toEqual({ status: "killed", code: "memoryMb" });
    checkOutcome(await house.run("return 1"), { result: 1 });
  });

  test("no code is made from text", async () => {
    await using house = await openHouse({ sandbox: trusted });
    checkOutcome(
      await house.run(
        "return ['Function', 'eval'].map((name) => { try { return (globalThis as any)[name]('1'); } catch (error) { return error.name; } })",
      ),
      { result: ["EvalError", "EvalError"] },
    );
  });
});
