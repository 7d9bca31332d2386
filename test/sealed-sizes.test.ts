import { describe, expect, test } from "vitest";
import { openTwoWorlds } from "./two-worlds.ts";

const people = `const { value: leads } = await servers.hr.get({ name: "leads" }); const { value: keys } = await servers.hr.get({ name: "keys" });`;

describe("how long a value is decides nothing that a program or a model sees", () => {
  test("where a tool's own words are cut, and how many are left out", async () => {
    await using worlds = await openTwoWorlds();
    for (const tool of ["fail", "refuse"])
      for (const size of [16_380, 20_000]) {
        const [a, b] = await worlds.run(
          `${people} const error = await servers.mirror.${tool}({ value: "x".repeat(${size - 1}) + " " + leads[0].email + " " + leads[1].full_name }).catch((one) => one);
           return [error.code, error.message.length, error.message.slice(-60)];`,
        );
        expect(a).toEqual(b);
        expect(a.status).toBe("completed");
        expect(JSON.stringify(a.result)).toMatch(/\[|more characters/);
        expect(JSON.stringify(a.result)).not.toMatch(/ana|ruiz/i);
      }
  });

  test("what a tool said last before it ended, however long", async () => {
    await using worlds = await openTwoWorlds();
    for (const size of [480, 495]) {
      const [a, b] = await worlds.run(
        `${people} return await servers.mirror.die({ value: "x".repeat(${size - 1}) + " " + leads[0].email }).catch((one) => one.message);`,
      );
      expect(a).toEqual(b);
      expect(a.result).toMatch(/x \[EMAIL_1\]$/);
    }
  });

  test("budgets of bytes, and the bound of one result", async () => {
    await using worlds = await openTwoWorlds({ policy: { budget: { perExecution: { bytes: 12_000 } } } });
    // Crossed somewhere in both: at the same call, with the same words.
    const [a, b] = await worlds.run(
      `${people} for (let n = 0; n < 200; n++) { console.log(n); await servers.mirror.text({ value: leads[0].email + ",", times: 20 }); }`,
    );
    expect(a).toEqual(b);
    expect(a).toMatchObject({
      status: "killed",
      error: { code: "budgetPerExecution", message: expect.stringMatching(/1\d{4} so far/) },
    });
    await using unbudgeted = await openTwoWorlds({ sandbox: { wall: "none", guestsWarm: 0, resultBytesMax: 5_000 } });
    const [c, d] = await unbudgeted.run(
      `${people} const found = []; for (const times of [1, 100, 300, 450, 500, 520, 800]) found.push(await servers.mirror.text({ value: leads[0].email + ",", times }).then((one) => one.length, (error) => error.message)); return found;`,
    );
    expect(c).toEqual(d);
    expect(JSON.stringify(c)).toMatch(/resultBytesMax/);
  });

  test("an answer that is large in one of them only", async () => {
    const many = (size: number): { list: string[] } => ({
      list: Array.from({ length: 2_500 }, (_, at) => `${"p".repeat(size)}${at}@${"d".repeat(size)}.io`),
    });
    await using worlds = await openTwoWorlds(
      { policy: { budget: { perExecution: { bytes: 50_000 } } } },
      { a: many(2), b: many(52) },
    );
    const [a, b] = await worlds.run(
      `const { value } = await servers.hr.get({ name: "list" }); console.log(value.length, value[2_499]); await servers.hr.get({ name: "list" });`,
    );
    expect(a).toEqual(b);
    expect(a).toMatchObject({ error: { code: "budgetPerExecution" } });
  });
});
