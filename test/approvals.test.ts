import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Outcome } from "../src/runtime/outcome.ts";
import type { Answer, Question } from "../src/gateway/broker.ts";
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
async function connect(reply?: Reply, seen: string[] = []): Promise<Client> {
  const client = new Client(
    { name: "test", version: "1" },
    { versionNegotiation: { mode: "legacy" }, capabilities: reply === undefined ? {} : { elicitation: { form: {} } } },
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

type Shown = Pick<Outcome, "executionId" | "status" | "pending">;

async function execute(client: Client, args: Record<string, unknown>): Promise<Shown> {
  return (await client.callTool({ name: "execute_code", arguments: args })).structuredContent as unknown as Shown;
}

describe("a client that can show a dialog", () => {
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
    const client = await connect(reply, seen);
    expect(await execute(client, { code })).toMatchObject(expected);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain("May 1 × EMAIL from hr go to crm.note?");
    expect(seen[0]).toContain("a•••@acme.io");
    expect(seen[0]).not.toContain("ana@acme.io");
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
    expect(listed.stdout).toBe(`${id}  waits  May 1 × EMAIL from hr go to crm.note?\n`);
    const shown = await site.run(["approvals", "show", id]);
    expect(shown.stdout).toContain("a•••@acme.io");
    expect(shown.stdout).toContain('{"text":"to [EMAIL_1]"}');
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
    expect(stderr).toMatch(/May 1 × EMAIL from hr go to crm\.note\?\n.*--wait/);
    // Its process has ended, and with it the program.
    expect((await site.run(["approvals"])).stderr).toContain("Nothing waits");
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

test("a person sees the line of the program that makes the call", async () => {
  await using house = await openHouse({ policy: { tools: { "zoo.delete": "approve" } } });
  const paused = await house.run("const all = [1];\nfor (const id of all)\n  await zoo.delete({ id });\nreturn 'done'");
  const [question] = house.sluice.questions();
  expect(question?.body.site).toEqual({ line: 3, text: "await zoo.delete({ id });" });
  house.sluice.answer(question?.id ?? "", "allow-once", "test");
  expect((await house.sluice.resume(paused.executionId)).result).toBe("done");
});
