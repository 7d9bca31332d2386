import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../src/base/json.ts";
import { createSluice } from "../src/runtime/create-sluice.ts";
import type { ExecutionResult } from "../src/runtime/outcome.ts";
import type { Sluice, SluiceEvent } from "../src/runtime/sluice.ts";

const leads = [
  { id: 1, name: "Ana Ruiz", email: "ana.ruiz+crm@acme.io", phone: "+34 612 35 03 34", note: "Ana called at 10:30" },
  { id: 2, name: "Bob Stone", email: "bob@stone.dev", phone: "+1 415 555 2671", note: "ok" },
];
const key = "sk_live_RXU6UmgrwKmX9yrD36F8s1Kk";
const world = {
  leads,
  mail: `Write to Ana Ruiz, ${leads[0]?.email}`,
  keys: { apiKey: key },
  bad: "no user bob@stone.dev",
};
const secrets = [...leads.flatMap(({ name, email, phone }) => [name, email, phone]), key];

const server = fileURLToPath(new URL("./servers/people.mjs", import.meta.url));

let folder: string;
const opened: Sluice[] = [];

async function open(config: JsonObject = {}, servers: JsonObject = {}): Promise<Sluice> {
  const toServer = (name: string, more: JsonObject = {}): JsonObject => ({
    ...{
      command: process.execPath,
      args: [server, join(folder, `${name}.json`)],
      env: { API_TOKEN: "tok-7f3a-99-secret" },
    },
    ...more,
  });
  const sluice = await createSluice({
    mcpServers: {
      hr: toServer("hr"),
      crm: toServer("crm"),
      web: toServer("web", { trust: "untrusted" }),
      ...servers,
    },
    stateDir: join(folder, "state"),
    sandbox: { guestsWarm: 0, wall: "none" },
    ...config,
  });
  opened.push(sluice);
  return sluice;
}

const saved = async (name: string): Promise<Json[]> =>
  (await readFile(join(folder, `${name}.json.saved`), "utf8").catch(() => ""))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Json);

function expectNothingIn(value: unknown): void {
  const text = JSON.stringify(value);
  for (const secret of secrets) expect(text).not.toContain(secret);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-people-"));
  await writeFile(join(folder, "hr.json"), JSON.stringify(world));
  for (const name of ["crm", "web"]) await writeFile(join(folder, `${name}.json`), "{}");
});
afterEach(async () => {
  for (const sluice of opened.splice(0)) await sluice[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe("from a sheet into a CRM", () => {
  const move = `
    const { value } = await hr.get({ name: "leads" });
    console.log(value);
    for (const { name, email, phone } of value) await crm.save({ record: { Name: name, Email: email, Phone: phone } });
    console.log(await hr.text({ name: "mail" }));
    try { await hr.fail({ name: "bad" }); } catch (error) { console.log(error.message); }
    return value.length;`;

  test("the model sees tokens, the CRM gets the values", async () => {
    const sluice = await open();
    const result = await sluice.executeCode(move);
    expect(result).toMatchObject({ status: "completed", result: 2 });
    expectNothingIn(result);
    expect(result.logs.map(({ text }) => text)).toEqual([
      JSON.stringify([
        { id: 1, name: "[NAME_1]", email: "[EMAIL_1]", phone: "[PHONE_1]", note: "[NAME_2] called at 10:30" },
        { id: 2, name: "[NAME_3]", email: "[EMAIL_2]", phone: "[PHONE_2]", note: "ok" },
      ]),
      "Write to [NAME_1], [EMAIL_1]",
      "no user [EMAIL_2]",
    ]);
    expect(await saved("crm")).toEqual(
      leads.map(({ name, email, phone }) => ({ Name: name, Email: email, Phone: phone })),
    );
    const edges = (await sluice.edges()).sort((one, other) => one.class.localeCompare(other.class));
    expect(edges).toMatchObject(
      ["EMAIL", "NAME", "PHONE"].map((name) => ({
        ...{ from: ["hr"], to: "crm.save", class: name, verdict: "matching", calls: 2, tokens: 2 },
      })),
    );
    expectNothingIn(edges);
  });

  test("tokens in a file still mean something after a restart", async () => {
    await (
      await open()
    ).executeCode(
      `import fs from "fs/promises"; await fs.writeFile("./workspace/leads.json", JSON.stringify((await hr.get({ name: "leads" })).value));`,
    );
    await opened.pop()?.[Symbol.asyncDispose]();
    const result = await (
      await open()
    ).executeCode(
      `import fs from "fs/promises"; const [first] = JSON.parse(await fs.readFile("./workspace/leads.json", "utf8"));
       await crm.save({ record: { email: first.email } }); return first;`,
    );
    expectNothingIn(result);
    expect(await saved("crm")).toEqual([{ email: leads[0]?.email }]);
  });

  test("direct calls are sealed and restored like a program's", async () => {
    const sluice = await open();
    const read = await sluice.callTool("hr.get", { name: "leads" });
    expectNothingIn(read);
    expect(await sluice.callTool("crm.save", { record: { email: "[EMAIL_2]" } })).toMatchObject({
      result: { saved: { email: "[EMAIL_2]" } },
    });
    expect(await saved("crm")).toEqual([{ email: "bob@stone.dev" }]);
  });

  test("modes: off for one server, off for all", async () => {
    const one = await (
      await open({ privacy: { servers: { hr: "off" } } })
    ).executeCode(`return (await hr.get({ name: "leads" })).value[0].id`);
    expect(one).toMatchObject({ status: "completed", result: 1 });
    const all = await (
      await open({ privacy: { mode: "off" } })
    ).executeCode(`return (await hr.get({ name: "leads" })).value`);
    expect(all.result).toEqual(leads);
    const strict = await (
      await open({ privacy: { mode: "strict", vault: "session" } })
    ).executeCode(`return (await hr.get({ name: "leads" })).value[1]`);
    expect(strict.result).toMatchObject({ id: 2, note: "[TEXT_2]" });
  });

  test("a session's tokens mean nothing to the next one", async () => {
    const privacy = { vault: "session" };
    expectNothingIn(await (await open({ privacy })).executeCode(`return await hr.get({ name: "leads" })`));
    const next = await (
      await open({ privacy })
    ).executeCode(`return await crm.save({ record: { email: "[EMAIL_1]" } })`);
    expect(next.error).toMatchObject({ code: "unknown_token" });
  });

  test("values over 256 KB too", async () => {
    const rows = Array.from({ length: 4_000 }, (_, id) => ({
      id,
      full_name: `Ann Number${"abcdefghij"[id % 10]}`,
      email: `ann${id}@acme.io`,
      filler: "x".repeat(40),
    }));
    await writeFile(join(folder, "hr.json"), JSON.stringify({ rows }));
    const result = await (
      await open()
    ).executeCode(
      `const { value } = await hr.get({ name: "rows" });
       await crm.save({ record: { email: value[3999].email } });
       return [value.length, value[0].email, value[3999].email, new Set(value.map((row) => row.full_name)).size];`,
    );
    expect(result.result).toEqual([4000, "[EMAIL_1]", "[EMAIL_4000]", 10]);
    expect(await saved("crm")).toEqual([{ email: "ann3999@acme.io" }]);
  });
});

describe("what a tool is given and answers with", () => {
  const email = leads[0]?.email ?? "";
  const codes = Object.entries({
    same: email,
    upper: email.toUpperCase(),
    reversed: [...email].reverse().join(""),
    base64: Buffer.from(`x${email}`).toString("base64"),
    spaced: [...`x${email}`].join(" "),
  });

  test.each(["hr", "crm"])("is sealed in every form, glued or not, in short and long answers of %s", async (name) => {
    const sluice = await open({ privacy: { consent: "open" } }, {});
    const result = await sluice.executeCode(`
      const { value } = await hr.get({ name: "leads" });
      const found = [];
      for (const form of ${JSON.stringify(codes.map(([form]) => form))})
        for (const glue of ["", "x"])
          for (const fill of ["", "so it goes on and on ".repeat(4_000)])
            found.push((await ${name}.echo({ value: glue + value[0].email + fill, form })).slice(0, 200));
      return found;`);
    expect(result.status).toBe("completed");
    const text = JSON.stringify(result);
    for (const [, code] of codes) expect(text.toLowerCase()).not.toContain(code.toLowerCase().slice(0, 20));
    expect(result.result).toHaveLength(20);
    // Nothing was left for the second net.
    expect(text).not.toContain("[EMAIL]");
    expect(text).not.toContain("[TEXT_");
  });

  test.each(["hr", "web"])("in answers of over 256 KB of %s, which is off or not", async (name) => {
    const sluice = await open({ privacy: { consent: "open", servers: { web: "off" } } });
    const result = await sluice.executeCode(`
      const { value } = await hr.get({ name: "leads" });
      const text = await ${name}.echo({ value: "so it goes on and on ".repeat(20_000) + "x" + value[0].email, form: "reversed" });
      const { saved } = await ${name}.save({ record: { list: "x".repeat(300_000) + " %255BEMAIL_1%255D" } });
      return [text.length > 400_000, text.slice(0, 60), saved.list.slice(300_000)];`);
    expect(result.result).toEqual([true, expect.not.stringContaining("oi.emca") as string, " %5BLITERAL_1%5D"]);
  });

  test.each(["local", "off"])("of a server that is %s too", async (kind) => {
    const sluice = await open(
      kind === "off" ? { privacy: { consent: "open", servers: { crm: "off" } } } : { privacy: { consent: "open" } },
      {
        ...(kind === "local"
          ? { crm: { command: process.execPath, args: [server, join(folder, "crm.json")], trust: "local" } }
          : {}),
      },
    );
    const result = await sluice.executeCode(`
      const { value } = await hr.get({ name: "leads" });
      return [await crm.echo({ value: "x" + value[0].email }), await crm.note({ text: "1" + value[1].phone }), await crm.echo({ value: value[0].name, form: "reversed" })];`);
    expect(result.status).toBe("completed");
    expectNothingIn(result);
    expect(JSON.stringify(result)).not.toMatch(/acme|415 555|ziuR/);
  });

  test("numbers: a card under any key, and a phone that comes back as one", async () => {
    await writeFile(join(folder, "hr.json"), JSON.stringify({ ...world, payment: { ref: 4111111111111111, id: 17 } }));
    await writeFile(
      join(folder, "crm.json"),
      JSON.stringify({ row: { reach: 34612350334, createdAt: 1764204000000 } }),
    );
    const result = await (
      await open()
    ).executeCode(`
      await hr.get({ name: "leads" });
      return [(await hr.get({ name: "payment" })).value, (await crm.get({ name: "row" })).value];`);
    expect(result.result).toEqual([
      { ref: "[CARD_1]", id: 17 },
      { reach: "[PHONE_1.2]", createdAt: 1764204000000 },
    ]);
  });
});

describe("text from outside names nobody's token", () => {
  const hostile = [
    "[EMAIL_1]",
    String.raw`\u005bEMAIL_1]`,
    "%5BEMAIL_1%5D",
    "&#91;EMAIL_1&#93;",
    String.raw`{ "to": "\u005bEMAIL_1]" }`,
    String.raw`[{ "to": "%255BEMAIL_1%255D" }]`,
  ];

  test.each(["seal", "off"])("under any escapes that a program reads, in mode %s", async (mode) => {
    await writeFile(join(folder, "web.json"), JSON.stringify({ hostile }));
    const sluice = await open({ privacy: { consent: "open", servers: { web: mode } } });
    const result = await sluice.executeCode(`
      await hr.get({ name: "leads" });
      const { value } = await web.get({ name: "hostile" });
      const read = (text) => {
        const all = [text];
        for (let round = 0; round < 2; round++)
          for (const one of [...all]) {
            for (const decode of [JSON.parse, (t) => JSON.parse('"' + t + '"'), decodeURIComponent, (t) => t.replaceAll("&#91;", "[").replaceAll("&#93;", "]")])
              try { const got = decode(one); for (const next of [got, got.to, got[0]?.to]) if (typeof next === "string") all.push(next); } catch {}
          }
        return all;
      };
      for (const text of value) for (const one of new Set(read(text))) await web.note({ text: one });
      for (const text of value) await web.save({ record: { text, list: JSON.stringify([{ text }]) } });`);
    expect(result).toMatchObject({ status: "completed" });
    const received = await saved("web");
    expect(received.length).toBeGreaterThan(hostile.length * 2);
    expectNothingIn(received);
    // The texts as they were.
    expect(received.slice(-hostile.length).map((one) => (one as { text: string }).text)).toEqual(hostile);
  });
});

describe("where personal data may go", () => {
  const codeOf = (result: ExecutionResult): string | undefined => result.error?.code;

  test("back to where it came from, always", async () => {
    const result = await (
      await open({ privacy: { consent: "ask" } })
    ).executeCode(
      `const { value } = await hr.get({ name: "leads" }); return await hr.note({ text: "to " + value[0].email });`,
    );
    expect(result).toMatchObject({ status: "completed", result: { noted: { text: "to [EMAIL_1]" } } });
    expect(await saved("hr")).toEqual([{ text: `to ${leads[0]?.email}` }]);
  });

  test("secrets nowhere else without a rule, even with a person there", async () => {
    const code = `const { value } = await hr.get({ name: "keys" }); return await crm.save({ record: { apiKey: value.apiKey } });`;
    const refused = await (await open({ privacy: { consent: "open" } })).executeCode(code);
    expect(codeOf(refused)).toBe("release_denied");
    expect(await saved("crm")).toEqual([]);
    const rule = { from: "hr", to: "crm.*", classes: ["SECRET"] };
    expect(await (await open({ privacy: { release: [rule] } })).executeCode(code)).toMatchObject({
      status: "completed",
    });
    expect(await saved("crm")).toEqual([{ apiKey: key }]);
  });

  test.each([
    ["an argument made for it, of a trusted server", `crm.send({ to: value[0].email })`, undefined],
    ["free text", `crm.note({ text: value[0].email })`, "EMAIL"],
    ["a longer text in an argument made for it", `crm.send({ to: "x" + value[0].email })`, "EMAIL"],
    ["an argument made for another class", `crm.send({ to: value[0].name })`, "NAME"],
    ["a server that is not trusted", `web.send({ to: value[0].email })`, "EMAIL"],
  ])("%s: asked about %s is %s", async (_, call, asked) => {
    const result = await (
      await open()
    ).executeCode(`const { value } = await hr.get({ name: "leads" }); return await ${call};`);
    if (asked === undefined) expect(result.status).toBe("completed");
    else {
      expect(result).toMatchObject({ status: "paused", pending: [{ kind: "edge" }] });
      expect(result.pending?.[0]?.question).toContain(`1 × ${asked} from hr`);
    }
  });

  test("a value that two servers gave needs both to be permitted", async () => {
    await writeFile(join(folder, "crm.json"), JSON.stringify({ mail: leads[0]?.email }));
    const privacy = { consent: "ask", release: [{ from: "hr", to: "web.*", classes: ["*"] }] };
    const code = `const { value } = await hr.get({ name: "leads" }); BOTH; return await web.send({ to: value[0].email });`;
    expect((await (await open({ privacy })).executeCode(code.replace("BOTH", ""))).status).toBe("completed");
    expect(
      (await (await open({ privacy })).executeCode(code.replace("BOTH", `await crm.text({ name: "mail" })`))).status,
    ).toBe("paused");
  });
});

describe("a person is asked", () => {
  const code = `
    const { value } = await hr.get({ name: "leads" });
    const sent = await Promise.allSettled(value.map(({ email, name }) => web.note({ text: name + " " + email })));
    return sent.map((one) => one.status === "fulfilled" ? "sent" : one.reason.code);`;

  test("once for calls that wait together, by masked samples; the program goes on with the answer", async () => {
    const sluice = await open();
    const paused = await sluice.executeCode(code);
    expect(paused).toMatchObject({ status: "paused", pending: [{ kind: "edge", tool: "web.note" }] });
    const [question] = sluice.questions();
    expect(question?.body).toMatchObject({
      calls: 2,
      data: [
        { class: "NAME", values: 2 },
        { class: "EMAIL", values: 2, samples: ["a•••@acme.io", "b•••@stone.dev"] },
      ],
    });
    expectNothingIn([paused, question]);
    // Another process answers.
    const other = await open();
    other.answer(question?.id ?? "", "allow-once", "a person");
    const done = await sluice.resume(paused.executionId);
    expect(done).toMatchObject({ status: "completed", result: ["sent", "sent"] });
    expect(await saved("web")).toEqual(leads.map(({ name, email }) => ({ text: `${name} ${email}` })));
  });

  test("no is an error that the program can catch, and nothing was sent", async () => {
    const sluice = await open();
    sluice.onQuestion(({ id }) => {
      sluice.answer(id, "deny-once", "a person");
      return true;
    });
    expect(await sluice.executeCode(code)).toMatchObject({
      status: "completed",
      result: ["approval_denied", "approval_denied"],
    });
    expect(await saved("web")).toEqual([]);
  });

  test("yes, always is remembered from the next start on, for that flow only", async () => {
    let asked = 0;
    const openAnswering = async (): Promise<Sluice> => {
      const sluice = await open();
      sluice.onQuestion(({ id }) => {
        asked += 1;
        sluice.answer(id, "allow-always", "a person");
        return true;
      });
      return sluice;
    };
    const first = await openAnswering();
    for (let run = 0; run < 2; run++) expect((await first.executeCode(code)).result).toEqual(["sent", "sent"]);
    expect(asked).toBe(2);
    const second = await openAnswering();
    expect((await second.executeCode(code)).result).toEqual(["sent", "sent"]);
    expect(asked).toBe(2);
    await second.executeCode(code.replace("web.note", "crm.note"));
    expect(asked).toBe(3);
  });

  test("no, always is in force at once", async () => {
    const sluice = await open();
    let asked = 0;
    sluice.onQuestion(({ id }) => {
      asked += 1;
      sluice.answer(id, "deny-always", "a person");
      return true;
    });
    for (let run = 0; run < 2; run++) await sluice.executeCode(code);
    expect(asked).toBe(1);
  });

  test("policy.tools approve: the same, for every call", async () => {
    const sluice = await open({ policy: { tools: { "crm.save": "approve" } } });
    const asked: string[] = [];
    sluice.onQuestion(({ id, kind, body }) => {
      asked.push(`${kind}: ${body.text}`);
      sluice.answer(id, asked.length === 1 ? "allow-once" : "deny-once", "a person");
      return true;
    });
    const result = await sluice.executeCode(`
      const save = (n) => crm.save({ record: { n } }).then(() => "saved", (error) => error.code);
      return [await save(1), await save(1), await save(2), await save(2)];`);
    // Nobody is asked twice about the same call.
    expect(result.result).toEqual(["saved", "saved", "approval_denied", "approval_denied"]);
    expect(asked).toEqual(["approval: May crm.save be called?", "approval: May crm.save be called?"]);
  });

  test("the time that a person takes counts to no limit", async () => {
    const sluice = await open();
    const paused = await sluice.executeCode(code, { timeoutMs: 8_000 });
    expect(paused.status).toBe("paused");
    await new Promise((resolve) => setTimeout(resolve, 8_500));
    sluice.answer(paused.pending?.[0]?.id ?? "", "allow-once", "a person");
    expect(await sluice.resume(paused.executionId)).toMatchObject({ status: "completed" });
  });

  test("a question of a program that was cancelled is not to be answered", async () => {
    const sluice = await open();
    const stop = new AbortController();
    const shown = new Promise<string>((resolve) => sluice.onQuestion(({ id }) => (resolve(id), true)));
    const running = sluice.executeCode(code, { signal: stop.signal });
    const id = await shown;
    stop.abort();
    expect((await running).status).toBe("killed");
    expect(() => sluice.answer(id, "allow-once", "a person")).toThrow(/waits no longer/);
  });

  test("direct calls wait and are resumed too", async () => {
    const sluice = await open({ policy: { tools: { "crm.save": "approve" } } });
    const paused = await sluice.callTool("crm.save", { record: { n: 1 } });
    expect(paused).toMatchObject({ status: "paused", pending: [{ tool: "crm.save" }] });
    sluice.answer(paused.pending?.[0]?.id ?? "", "allow-once", "a person");
    expect(await sluice.resume(paused.executionId)).toMatchObject({ status: "completed", result: { saved: { n: 1 } } });
  });
});

describe("questions about tokens", () => {
  const ask = async (calls: string, config: JsonObject = {}): Promise<ExecutionResult> =>
    await (
      await open(config)
    ).executeCode(`
      import { pii } from "sluice";
      const { value: [ana, bob] } = await hr.get({ name: "leads" });
      return ${calls};`);

  test("are answered by the host", async () => {
    const { result } = await ask(
      `[await pii.domain(ana.email), await pii.country(ana.phone), await pii.same(ana.email, bob.email), (await pii.sortKey(ana.email)).length]`,
    );
    expect(result).toEqual(["acme.io", "ES", false, 16]);
  });
  test("not about another class, not by matches, and at most four about one value", async () => {
    const of = `[pii.domain(ana.phone), pii.matches(ana.email, { endsWith: "io" }), pii.domain("x")]`;
    const { result } = await ask(`(await Promise.allSettled(${of})).map((one) => one.reason?.code)`);
    expect(result).toEqual(["invalid_input", "pii_question_denied", "invalid_input"]);
    const five = `(await Promise.allSettled(["a", "b", "c", "d", "e"].map((end) => pii.matches(ana.email, { endsWith: end })))).map((one) => one.value ?? one.reason.code)`;
    expect((await ask(five, { privacy: { matches: true } })).result).toEqual([
      false,
      false,
      false,
      false,
      "pii_budget_exceeded",
    ]);
  });
  test("a program that reads the text of a token is told what to ask instead", async () => {
    const { warnings } = await ask(`ana.email.split("@")[1] ?? "none"`);
    expect(warnings).toMatchObject([
      { code: "token_text", line: 4, message: expect.stringContaining("pii.domain") as string },
    ]);
  });
});

describe("the second net", () => {
  const show = async (expression: string): Promise<{ result: ExecutionResult; events: SluiceEvent[] }> => {
    const sluice = await open();
    const events: SluiceEvent[] = [];
    sluice.events.on((event) => events.push(event));
    const result = await sluice.executeCode(`await hr.get({ name: "leads" }); ${expression}`);
    return { result, events };
  };

  test.each([
    ["a value", `return "ana.ruiz+crm@acme.io"`],
    ["in another case", `return "ANA RUIZ".toLowerCase() + " ok"`],
    ["reversed", `return [..."ana.ruiz+crm@acme.io"].reverse().join("")`],
    ["base64", `return btoa("user=ana.ruiz+crm@acme.io;")`],
    ["as a list of characters", `return [..."ana.ruiz+crm@acme.io"]`],
    ["as character codes", `return [..."ana.ruiz+crm@acme.io"].map((c) => c.charCodeAt(0))`],
    ["as a key", `return { "ana.ruiz+crm@acme.io": 1 }`],
    ["over two lines of output", `console.log("ana.ruiz+c"); console.log("rm@acme.io")`],
    ["in an error", `throw new Error("ana.ruiz+crm@acme.io")`],
    [
      "a secret of the host, in hexadecimal",
      `return [..."tok-7f3a-99-secret"].map((c) => c.charCodeAt(0).toString(16)).join("")`,
    ],
  ])("takes out %s, and says so", async (_, expression) => {
    const { result, events } = await show(expression);
    const { error, ...rest } = result;
    // The line of the error is the program's own text: the model wrote it.
    for (const text of [JSON.stringify({ ...rest, warnings: [] }), error?.message ?? ""]) {
      for (const left of ["acme.io", "oi.emca", "ana ruiz", btoa("user=ana.ruiz+crm@acme.io;"), "746f6b2d37663361"])
        expect(text).not.toContain(left);
      expect(text).not.toMatch(/"a","n","a"|97,110,97/);
    }
    expect(events.filter(({ kind }) => kind === "leak-caught")).toHaveLength(1);
  });

  test("leaves alone what is nobody's", async () => {
    const value = {
      id: "6d432984-fcb1-4869-a970-c4a54fc6e9ee",
      total: 1234567.5,
      at: "2026-06-05T14:28:50Z",
      list: ["open", "[EMAIL_1]"],
      path: "./workspace/x.json",
    };
    const { result, events } = await show(`return ${JSON.stringify(value)}`);
    expect(result.result).toEqual(value);
    expect(events.some(({ kind }) => kind === "leak-caught")).toBe(false);
  });
});

describe("what servers print", () => {
  test("is logged without personal data and secrets", async () => {
    const lines: string[] = [];
    const script = `console.error("cannot load ana.ruiz+crm@acme.io with tok-7f3a-99-secret"); console.error("bye"); process.exit(3)`;
    const env = { API_TOKEN: "tok-7f3a-99-secret" };
    const sluice = await createSluice(
      {
        mcpServers: { dies: { command: process.execPath, args: ["-e", script], env } },
        stateDir: join(folder, "state"),
      },
      { log: (line) => lines.push(line) },
    );
    opened.push(sluice);
    const result = await sluice.callTool("dies.x", {});
    await expect.poll(() => lines.some((line) => line.includes("bye"))).toBe(true);
    for (const text of [lines.join("\n"), JSON.stringify(result)]) {
      expect(text).toContain("cannot load [EMAIL] with [SECRET]");
      expect(text).not.toContain("acme.io");
    }
  });
});

describe("the vault", () => {
  test("a lost key is said, loses nothing else, and purge begins anew", async () => {
    const first = await open();
    await first.executeCode(`return await hr.get({ name: "leads" })`);
    expect((await first.vault.stats()).find((one) => one.class === "EMAIL")).toEqual({
      class: "EMAIL",
      values: 2,
      tokens: 2,
    });
    expect(await first.vault.show("[EMAIL_2]", "a person")).toEqual({
      value: "bob@stone.dev",
      class: "EMAIL",
      origins: ["hr"],
    });
    await opened.pop()?.[Symbol.asyncDispose]();
    await rm(join(folder, "state", "vault.key"));
    const second = await open();
    expect((await second.executeCode(`return await hr.get({ name: "leads" })`)).error).toMatchObject({
      code: "vault_key_lost",
    });
    expect((await second.searchTools("save")).results.length).toBeGreaterThan(0);
    expect((await second.executeCode(`return "what has no personal data in it"`)).status).toBe("completed");
    expect(await second.vault.purge("a person")).toBeGreaterThan(5);
    expect((await second.executeCode(`return (await hr.get({ name: "leads" })).value[0].email`)).result).toBe(
      "[EMAIL_3]",
    );
  });

  test("a key that others may read is refused", async () => {
    const first = await open();
    await first.callTool("hr.get", { name: "leads" });
    await opened.pop()?.[Symbol.asyncDispose]();
    await writeFile(join(folder, "state", "vault.key"), await readFile(join(folder, "state", "vault.key")), {
      mode: 0o644,
    });
    const { chmod } = await import("node:fs/promises");
    await chmod(join(folder, "state", "vault.key"), 0o644);
    expect((await (await open()).callTool("hr.get", { name: "leads" })).error).toMatchObject({
      code: "vault_unavailable",
    });
  });

  test("nothing in the state directory has a value in it", async () => {
    const sluice = await open();
    await sluice.executeCode(
      `const { value } = await hr.get({ name: "leads" }); await crm.save({ record: { email: value[0].email } }); console.log(value); return value;`,
    );
    await sluice.vault.show("[EMAIL_1]", "a person");
    await opened.pop()?.[Symbol.asyncDispose]();
    const { readdir } = await import("node:fs/promises");
    const read: string[] = [];
    for (const entry of await readdir(join(folder, "state"), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      // SQLite takes its `-wal` and `-shm` away as the garbage collector reaches its statements, maybe just now.
      const bytes = await readFile(join(entry.parentPath, entry.name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT" && /-(wal|shm)$/.test(entry.name)) return undefined;
        throw error;
      });
      if (bytes === undefined) continue;
      read.push(entry.name);
      for (const secret of secrets) expect(bytes.includes(secret), `${secret} in ${entry.name}`).toBe(false);
    }
    expect(read).toEqual(expect.arrayContaining(["store.sqlite", "journal.sqlite", "vault.key"]));
  });
});
