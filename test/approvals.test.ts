import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Outcome } from "../src/runtime/outcome.ts";
import type { Answer, Question } from "../src/gateway/broker.ts";
import { toQuestionText } from "../src/surfaces/question-text.ts";
import { elicitAnswers } from "../src/surfaces/elicit-answer.ts";
import { openHouse } from "./house.ts";
import { cli, createSite, type Site, toEnvironment } from "./servers/command-line.ts";

const people = fileURLToPath(new URL("./servers/people.mjs", import.meta.url));
const code = `const { value } = await hr.get({ name: "leads" }); return await crm.note({ text: "to " + value[0].email });`;

let site: Site;

beforeEach(async () => {
  const toServer = (name: string): object => ({ command: process.execPath, args: [people, `${name}.json`] });
  site = await createSite({
    mcpServers: { hr: toServer("hr"), crm: toServer("crm") },
    sandbox: { wall: "none", answerMs: 20_000 },
  });
  await writeFile(
    join(site.directory, "hr.json"),
    JSON.stringify({ leads: [{ name: "Ana Ruiz", email: "ana@acme.io" }] }),
  );
  await writeFile(join(site.directory, "crm.json"), "{}");
});
afterEach(async () => await site[Symbol.asyncDispose]());

type Reply = { action: "accept" | "decline" | "cancel"; content?: Record<string, string> };

/** A client that can show a dialog, whose user answers so; `seen` gets what the dialogs said. */
async function connect(reply?: Reply, seen: string[] = [], mode: "auto" | "legacy" = "legacy"): Promise<Client> {
  const client = new Client(
    { name: "test", version: "1" },
    { versionNegotiation: { mode }, capabilities: reply === undefined ? {} : { elicitation: { form: {} } } },
  );
  if (reply !== undefined)
    client.setRequestHandler("elicitation/create", (request) => {
      seen.push(request.params.message);
      return reply;
    });
  await client.connect(
    new StdioClientTransport({
      ...{ command: process.execPath, args: [cli, "serve"], cwd: site.directory },
      ...{ env: toEnvironment(site.directory), stderr: "ignore" },
    }),
  );
  return client;
}

interface Rounds {
  inputRequests: Record<string, unknown>;
  requestState: string;
  structuredContent?: unknown;
}

type Shown = Pick<Outcome, "executionId" | "status" | "pending">;

async function execute(client: Client, args: Record<string, unknown>): Promise<Shown> {
  return (await client.callTool({ name: "execute_code", arguments: args })).structuredContent as unknown as Shown;
}

describe.each(["legacy", "auto"] as const)("a client that can show a dialog (%s)", (mode) => {
  test.each<[string, Reply, object]>([
    [
      "allow",
      { action: "accept", content: { answer: "allow-once" } },
      { status: "completed", result: { noted: { text: "to [EMAIL_1]" } } },
    ],
    [
      "deny",
      { action: "accept", content: { answer: "deny-once" } },
      { status: "failed", error: { code: "approval_denied" } },
    ],
    ["decline", { action: "decline" }, { status: "failed", error: { code: "approval_denied" } }],
    ["close it", { action: "cancel" }, { status: "paused", pending: [{ kind: "edge", tool: "crm.note" }] }],
  ])("its user can %s; the model is told the outcome", async (_, reply, expected) => {
    const seen: string[] = [];
    const client = await connect(reply, seen, mode);
    expect(client.getNegotiatedProtocolVersion()).toBe(mode === "auto" ? "2026-07-28" : "2025-11-25");
    expect(await execute(client, { code })).toMatchObject(expected);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain("May 1 × EMAIL from hr go to crm.note?");
    expect(seen[0]).toContain("a•••@acme.io");
    expect(seen[0]).not.toContain("ana@acme.io");
    await client.close();
  });
});

describe("a client of 2026-07-28", () => {
  const many = (count: number): string =>
    `for (let n = 0; n < ${count}; n += 1) await crm.note({ text: "note " + n }); return "noted";`;
  const ask = async (): Promise<void> => {
    const config = join(site.directory, "sluice.config.json");
    const written = JSON.parse(await readFile(config, "utf8")) as object;
    await writeFile(config, JSON.stringify({ ...written, policy: { tools: { "crm.note": "approve" } } }));
  };
  const request = async (client: Client, params: object): Promise<Rounds> =>
    (await client.request({ method: "tools/call", params } as never, { allowInputRequired: true } as never)) as Rounds;

  test.each(["execute_code", "call_tool"])("shows one dialog after the other (%s)", async (name) => {
    await ask();
    const seen: string[] = [];
    const client = await connect({ action: "accept", content: { answer: "allow-once" } }, seen, "auto");
    const args = name === "execute_code" ? { code: many(3) } : { tool: "crm.note", arguments: { text: "note" } };
    const { structuredContent } = await client.callTool({ name, arguments: args });
    expect(structuredContent).toMatchObject({ status: "completed" });
    expect(seen).toHaveLength(name === "execute_code" ? 3 : 1);
    await client.close();
  });

  test("that asks too often is told `paused` before it gives up, and goes on by resume", async () => {
    await ask();
    const seen: string[] = [];
    const client = await connect({ action: "accept", content: { answer: "allow-once" } }, seen, "auto");
    const paused = await execute(client, { code: many(10) });
    expect(paused).toMatchObject({ status: "paused", pending: [{ tool: "crm.note" }] });
    expect(seen).toHaveLength(8);
    expect(await execute(client, { resume: paused.executionId })).toMatchObject({ status: "completed" });
    await client.close();
  });

  test("can neither make a round up nor answer what it was not shown", async () => {
    await ask();
    const client = await connect({ action: "cancel" }, [], "auto");
    const first = await request(client, { name: "execute_code", arguments: { code: many(1) } });
    const second = await request(client, { name: "execute_code", arguments: { code: many(1) } });
    const allow = { action: "accept", content: { answer: "allow-once" } };
    const [shown] = Object.keys(first.inputRequests);
    const [other] = Object.keys(second.inputRequests);
    const call = { name: "execute_code", arguments: { code: many(1) } };

    const forged = Buffer.from(JSON.stringify({ executionId: "x", questions: [shown], number: 1 })).toString(
      "base64url",
    );
    for (const state of ["", "x", forged, `v1.${forged}.${forged}`, `${first.requestState}x`])
      await expect(
        request(client, { ...call, requestState: state, inputResponses: { [shown ?? ""]: allow } }),
      ).rejects.toThrow();
    // The other's answer in this one's round is not heard, nor one without a round, nor one that was not offered.
    for (const [requestState, inputResponses] of [
      [first.requestState, { [other ?? ""]: allow }],
      [first.requestState, { [shown ?? ""]: { action: "accept", content: { answer: "allow" } } }],
      [first.requestState, { [shown ?? ""]: { action: "accept" } }],
    ] as const) {
      const { structuredContent } = await request(client, { ...call, requestState, inputResponses });
      expect(structuredContent).toMatchObject({ status: "paused", pending: [{ id: shown }] });
    }
    const { inputRequests } = await request(client, { ...call, inputResponses: { [shown ?? ""]: allow } });
    expect(Object.keys(inputRequests)).not.toContain(shown);

    const round = { ...call, requestState: first.requestState, inputResponses: { [shown ?? ""]: allow } };
    const { structuredContent } = await request(client, round);
    expect(structuredContent).toMatchObject({ status: "completed", result: "noted" });
    await client.close();
  });
});

describe("another client", () => {
  test("is told `paused`, and the command line answers for it", async () => {
    const client = await connect();
    const paused = await execute(client, { code });
    expect(paused).toMatchObject({ status: "paused", pending: [{ kind: "edge", tool: "crm.note" }] });
    const id = paused.pending?.[0]?.id ?? "";

    const listed = await site.run(["approvals"]);
    const holds = "Yes holds for such data on its way to this tool, as often as this program sends it there.";
    expect(listed.stdout).toBe(`${id}  waits  May 1 × EMAIL from hr go to crm.note?\n  ${holds}\n`);
    const shown = await site.run(["approvals", "show", id]);
    expect(shown.stdout).toContain("a•••@acme.io");
    expect(shown.stdout).toContain('{"text":"to [EMAIL_1]"}');
    expect(shown.stdout).toContain(
      "Yes holds for such data on its way to this tool, as often as this program sends it",
    );
    const resumed = execute(client, { resume: paused.executionId });
    expect(await site.run(["approvals", "allow", id])).toMatchObject({ code: 0 });
    expect(await resumed).toMatchObject({ status: "completed" });
    expect(await site.run(["approvals", "deny", id])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("waits no longer") as string,
    });
    await client.close();
  });
});

describe("the command line", () => {
  test("resumes a run of another process with what it waits for: told, or with --wait waited for", async () => {
    const client = await connect();
    const { executionId, pending } = await execute(client, { code });
    const id = pending?.[0]?.id ?? "";
    const told = await site.run(["runs", "resume", executionId, "--json"]);
    expect(told.code).toBe(4);
    expect(JSON.parse(told.stdout)).toMatchObject({ executionId, status: "paused", pending });
    expect(await site.run(["runs", "resume", executionId])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(`sluice approvals allow ${id}`) as string,
    });
    // Who is interrupted is told that it waits still.
    const waiting = ["runs", "resume", executionId, "--wait"];
    const { code: exit, stderr } = await site.run(waiting, {
      onStart: (child) => child.stderr?.once("data", () => child.kill("SIGTERM")),
    });
    expect([exit, stderr.match(/May 1 × EMAIL from hr go to crm\.note\?/g)?.length]).toEqual([143, 2]);
    let allowed: Promise<unknown> | undefined;
    const ended = await site.run(waiting, {
      onStart: (child) =>
        child.stderr?.once("data", () => {
          allowed = site.run(["approvals", "allow", id]);
        }),
    });
    expect(ended).toMatchObject({ code: 0 });
    expect(await allowed).toMatchObject({ code: 0 });
    await client.close();
  });

  test("with --wait it waits for `sluice approvals`", async () => {
    const running = site.run(["run", "--wait", "-e", code]);
    await expect.poll(async () => (await site.run(["approvals"])).stdout, { timeout: 20_000 }).toContain("waits");
    const id = (await site.run(["approvals"])).stdout.split(" ")[0] ?? "";
    await site.run(["approvals", "allow", id]);
    expect(await running).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`sluice approvals allow ${id}`) as string,
    });
  });

  test("without anybody to ask: paused, exit 4, and what to do", async () => {
    const { code: exit, stderr } = await site.run(["run", "-e", code]);
    expect(exit).toBe(4);
    expect(stderr).toMatch(/May 1 × EMAIL from hr go to crm\.note\?\n.*approvals show q_\w+`.*--wait/);
    // Its process has ended; the question waits, and with the answer the run goes on in another one.
    const [, question = "", run = ""] =
      /allow (q_\w+)` and go on with `sluice runs resume (run_\w+)`/.exec(stderr) ?? [];
    expect(await site.run(["runs", "resume", run])).toMatchObject({ code: 4 });
    expect(await site.run(["approvals", "allow", question])).toMatchObject({ code: 0 });
    expect(await site.run(["runs", "resume", run])).toMatchObject({ code: 0 });
    expect((await site.run(["approvals"])).stderr).toContain("Nothing waits");
    expect((await site.run(["runs"])).stdout).toMatch(new RegExp(`${run}.*completed`));
  });

  test("vault and audit", async () => {
    await site.run([
      "run",
      "-e",
      `const { value } = await hr.get({ name: "leads" }); await crm.send({ to: value[0].email })`,
    ]);
    expect(JSON.parse((await site.run(["vault", "--json"])).stdout)).toEqual({
      classes: [
        { class: "EMAIL", values: 1, tokens: 1 },
        { class: "NAME", values: 1, tokens: 1 },
      ],
    });
    expect((await site.run(["vault", "show", "[EMAIL_1]"])).stdout).toBe("ana@acme.io\n");
    expect((await site.run(["vault", "show", "[EMAIL_9]"])).code).toBe(1);
    expect(JSON.parse((await site.run(["audit", "edges", "--json"])).stdout)).toMatchObject({
      edges: [{ from: ["hr"], to: "crm.send", class: "EMAIL", verdict: "matching" }],
    });
    expect((await site.run(["vault", "forget", "ANA@acme.io"])).stdout).toContain("Forgot 1");
    expect((await site.run(["vault", "purge"])).code).toBe(2);
    expect((await site.run(["vault", "purge", "--yes"])).stdout).toContain("Forgot 1");
    expect((await site.run(["vault"])).stdout).toBe("The vault is empty\n");
  });
});

describe("a program that is shown before it runs", () => {
  const config = { mcpServers: {}, policy: { programs: "approve" } };

  test("runs after a yes, and not at all after a no; the answer holds for this one only", async () => {
    await using house = await openHouse(config);
    const seen: Question[] = [];
    const answers: Answer[] = ["allow-always", "allow-once", "deny-once"];
    house.sluice.onQuestion((question) => {
      seen.push(question);
      // Not at once: it is still being asked.
      setTimeout(() => {
        let answer = answers.shift() ?? "deny-once";
        try {
          house.sluice.answer(question.id, answer, "test");
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid_input" });
          answer = answers.shift() ?? "deny-once";
          house.sluice.answer(question.id, answer, "test");
        }
      });
      return true;
    });
    expect(await house.run('return "ana@acme.io".length')).toMatchObject({ status: "completed", result: 11 });
    expect(seen[0]?.body.program).toContain("return");
    expect(await house.run("return 2")).toMatchObject({ status: "denied", error: { code: "approval_denied" } });
    expect(seen.map(({ kind }) => kind)).toEqual(["program", "program"]);
  });

  test("waits as `paused` where nobody is asked here", async () => {
    await using house = await openHouse(config);
    const paused = await house.run("return 1");
    expect(paused).toMatchObject({ status: "paused", pending: [{ kind: "program" }] });
    house.sluice.answer(paused.pending?.[0]?.id ?? "", "allow-once", "test");
    expect(await house.sluice.resume(paused.executionId)).toMatchObject({ status: "completed", result: 1 });
  });
});

test.each([
  [{ programs: "approve" }, ["allow-once", "deny-once"]],
  [{ tools: { "zoo.echo": "approve" } }, ["allow-once", "allow-always", "deny-once", "deny-always"]],
])("a dialog offers what can be answered: %o", async (policy, expected) => {
  await using asking = await openHouse({ policy });
  const offered: string[] = [];
  const server = {
    getClientCapabilities: () => ({ elicitation: {} }),
    transport: {},
    elicitInput(request: { requestedSchema: { properties: { answer: { oneOf: { const: string }[] } } } }) {
      offered.push(...request.requestedSchema.properties.answer.oneOf.map((one) => one.const));
      return Promise.resolve({ action: "accept", content: { answer: "allow-once" } });
    },
  };
  elicitAnswers(asking.sluice, server as unknown as Parameters<typeof elicitAnswers>[1]);
  expect(await asking.run("return await zoo.echo({ n: 1 })")).toMatchObject({ status: "completed", result: { n: 1 } });
  expect(offered).toEqual(expected);
});

test("a person sees the line of the program that makes the call", async () => {
  await using house = await openHouse({ policy: { tools: { "zoo.delete": "approve" } } });
  const paused = await house.run("const all = [1];\nfor (const id of all)\n  await zoo.delete({ id });\nreturn 'done'");
  const [question] = house.sluice.questions();
  expect(question?.body.site).toEqual({ line: 3, text: "await zoo.delete({ id });" });
  house.sluice.answer(question?.id ?? "", "allow-once", "test");
  expect((await house.sluice.resume(paused.executionId)).result).toBe("done");
});

test("a person sees what a yes holds for, and characters that hide or turn text as escapes", async () => {
  await using house = await openHouse({ policy: { tools: { "zoo.delete": "approve" } } });
  const turned = "\u202Eevil\u200B\u001B[2J";
  const code = `const all = ["${turned}"];
for (const id of [...all, ...all]) await zoo.delete({ id }); // ${turned}
return "done"`;
  const paused = await house.run(code);
  const [question] = house.sluice.questions();
  expect(question?.body.arguments).toEqual([String.raw`{"id":"\u202eevil\u200b\u001b[2J"}`]);
  expect(question?.body.site?.text).toContain(String.raw`// \u202eevil\u200b\u001b[2J`);
  expect(JSON.stringify(paused.pending)).not.toMatch(/[\u202E\u200B]/);
  const text = toQuestionText(question as Question);
  expect(text).toContain("Yes holds for this very call, with these arguments, as often as this program makes it.");
  expect(text).not.toMatch(/[^\P{C}\n]/u);
  house.sluice.answer(question?.id ?? "", "allow-once", "test");
  // Both calls have one answer.
  expect(await house.sluice.resume(paused.executionId)).toMatchObject({ result: "done", calls: { done: 2 } });
  expect(house.sluice.questions({ all: true })).toHaveLength(1);

  await using shown = await openHouse({ mcpServers: {}, policy: { programs: "approve" } });
  const whole = await shown.run(`// ${turned}\r\n\treturn 1`);
  expect(shown.sluice.questions()[0]?.body).toMatchObject({
    program: `// ${String.raw`\u202eevil\u200b\u001b[2J`}\n\treturn 1`,
    holds: "Yes holds for this one run of it.",
  });
  shown.sluice.answer(whole.pending?.[0]?.id ?? "", "allow-once", "test");
  expect((await shown.sluice.resume(whole.executionId)).result).toBe(1);
});
