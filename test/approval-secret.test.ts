import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Answer } from "../src/gateway/broker.ts";
import { type AnswerSource, createApprovalSecret } from "../src/runtime/approval-secret.ts";
import { createStore } from "../src/store/store.ts";
import { elicitAnswers } from "../src/surfaces/elicit-answer.ts";
import { openHouse, zooServer } from "./house.ts";
import { cli, createSite, toEnvironment } from "./servers/command-line.ts";

const secret = "open sesame";
const policy = { tools: { "zoo.delete": "approve" } };
const code = "return await zoo.delete({ id: 1 }).catch((error) => error.code)";

describe("where a secret is set", () => {
  test.each<[Answer, { from?: AnswerSource; secret?: string } | undefined, boolean]>([
    ["allow-once", undefined, false],
    ["allow-always", undefined, false],
    ["allow-once", { secret: "open sesam" }, false],
    ["allow-once", { secret }, true],
    ["allow-always", { secret }, true],
    ["allow-once", { from: "dialog" }, true],
    ["allow-always", { from: "dialog" }, false],
    ["allow-always", { from: "dialog", secret: "another one" }, false],
    // A no only closes.
    ["deny-once", undefined, true],
    ["deny-always", { from: "dialog" }, true],
  ])("%s with %o is taken: %s", (answer, proof, isTaken) => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-secret-"));
    const store = createStore(folder);
    try {
      const kept = createApprovalSecret(store);
      const check = (): void => kept.checkAnswer(answer, proof ?? {});
      // Without one nothing is asked.
      check();
      kept.set(secret);
      if (isTaken) check();
      else expect(check).toThrow(expect.objectContaining({ code: "approval_denied" }));
    } finally {
      store.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("whoever answers, and takes back what was said for always, needs it", async () => {
    await using house = await openHouse({ policy });
    const { sluice } = house;
    sluice.approvalSecret.set(secret);
    const { executionId, pending } = await house.run(code);
    const id = pending?.[0]?.id ?? "";
    expect(() => sluice.answer(id, "allow-once", "test")).toThrow("needs the secret");
    expect(() => sluice.answer(id, "allow-always", "test", { from: "dialog" })).toThrow("needs the secret");
    expect([sluice.questions().length, sluice.rememberedAnswers()]).toEqual([1, []]);
    sluice.answer(id, "allow-always", "test", { secret });
    expect((await sluice.resume(executionId)).result).toBe("deleted");
    expect(() => sluice.forgetAnswers("*", "test")).toThrow("needs the secret");
    expect(sluice.forgetAnswers("*", "test", secret)).toHaveLength(1);
  });

  test("a dialog offers no yes for always, and one that says so all the same is not heard", async () => {
    await using house = await openHouse({ policy });
    const offered: string[][] = [];
    let said = "allow-always";
    const server = {
      getClientCapabilities: () => ({ elicitation: {} }),
      transport: {},
      elicitInput(request: { requestedSchema: { properties: { answer: { oneOf: { const: string }[] } } } }) {
        offered.push(request.requestedSchema.properties.answer.oneOf.map((one) => one.const));
        return Promise.resolve({ action: "accept", content: { answer: said } });
      },
    };
    house.sluice.approvalSecret.set(secret);
    elicitAnswers(house.sluice, server as unknown as Parameters<typeof elicitAnswers>[1]);
    const paused = await house.run(code);
    expect(paused.status).toBe("paused");
    expect(offered).toEqual([["allow-once", "deny-once", "deny-always"]]);
    expect(house.sluice.rememberedAnswers()).toEqual([]);
    said = "allow-once";
    expect((await house.run("return await zoo.delete({ id: 2 })")).status).toBe("completed");
  });
});

const hasScript = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

test.skipIf(!hasScript)("a prompt on a terminal asks for it before every yes", { timeout: 120_000 }, async () => {
  await using site = await createSite({ mcpServers: { zoo: zooServer() }, policy, sandbox: { wall: "none" } });
  const word = `${secret} at a terminal`;
  /** Runs a command on a terminal of its own: to each text that is seen, in order, what is typed. */
  const talk = async (args: string, steps: [seen: string, typed: string][]): Promise<string> => {
    const child = spawn("script", ["-qefc", `"${process.execPath}" "${cli}" ${args}`, "/dev/null"], {
      ...{ cwd: site.directory, env: { ...toEnvironment(site.directory), TERM: "dumb", SHELL: "/bin/sh" } },
    });
    let all = "";
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      all += text;
      rest += text;
      const [seen, typed] = steps[0] ?? ["\0", ""];
      const at = rest.indexOf(seen);
      if (at === -1) return;
      steps.shift();
      rest = rest.slice(at + seen.length);
      // A terminal that has just been asked on is not yet listened to.
      setTimeout(() => child.stdin.write(`${typed}\r`), 300);
    });
    await new Promise((resolve) => child.on("close", resolve));
    return all;
  };
  expect(
    await talk("approvals secret", [
      ["every allow: ", word],
      ["Again: ", word],
    ]),
  ).toContain("Set: ");
  const program = `run -e "return await zoo.delete({ id: 1 })"`;
  const shown = await talk(program, [
    ["always deny: ", "a"],
    ["Secret of the approvals: ", "a guess of it"],
    ["always deny: ", "y"],
    ["Secret of the approvals: ", word],
  ]);
  expect(shown).toContain("This is not the secret");
  expect(shown.trimEnd()).toMatch(/deleted$/);
  expect(shown).not.toContain(word);
  expect((await site.run(["approvals", "always"])).stdout).toBe("");

  const paused = await site.run(["run", "-e", "return await zoo.delete({ id: 2 })"]);
  const [, question = ""] = /allow (q_\w+)/.exec(paused.stderr) ?? [];
  const piped = await site.run(["approvals", "allow", question], { input: `${word}\n` });
  expect(piped).toMatchObject({ code: 2, stderr: expect.stringContaining("asked at a terminal only") as string });
  expect(await talk(`approvals allow ${question}`, [["Secret of the approvals: ", "a guess of it"]])).toContain(
    "approval_denied: This is not the secret",
  );
  expect(await talk(`approvals allow ${question} --always`, [["Secret of the approvals: ", word]])).toContain(
    `Allowed ${question}`,
  );
  expect((await site.run(["approvals", "always"])).stdout).toBe("allow approval zoo.delete\n");
});
