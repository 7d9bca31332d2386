import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scenarios } from "../demo/scenarios.js";

const names = ["gdrive", "salesforce", "slack", "sendgrid"];
const clients = new Map<string, Client>();
let state: string;

async function connect(name: string): Promise<Client> {
  const client = new Client({ name: "test", version: "1.0.0" });
  const script = fileURLToPath(new URL(`../demo/servers/${name}.js`, import.meta.url));
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [script, state] }));
  return client;
}

/** Calls a tool and answers the text a model would read. */
async function read(
  server: string,
  tool: string,
  args: Record<string, unknown> = {},
): Promise<{ text: string; isError: boolean }> {
  const result = await clients.get(server)?.callTool({ name: tool, arguments: args });
  const text = (result?.content ?? []).map((block) => (block.type === "text" ? block.text : "")).join("");
  return { text, isError: result?.isError === true };
}

async function data<T>(server: string, tool: string, args: Record<string, unknown> = {}): Promise<T> {
  const { text, isError } = await read(server, tool, args);
  if (isError) throw new Error(text);
  return JSON.parse(text) as T;
}

async function lines(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(state, path), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const query = (soql: string): Promise<Record<string, unknown>[]> => data("salesforce", "query", { query: soql });

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "sluice-demo-"));
  await Promise.all(names.map(async (name) => clients.set(name, await connect(name))));
}, 30_000);

afterAll(async () => {
  await Promise.all([...clients.values()].map((client) => client.close()));
  await rm(state, { recursive: true });
});

describe.each(names)("%s", (name) => {
  test("declares 10 to 15 tools, each with a description and an object schema, and instructions", async () => {
    const client = clients.get(name);
    const { tools } = (await client?.listTools()) ?? { tools: [] };
    expect(tools.length).toBeGreaterThanOrEqual(10);
    expect(tools.length).toBeLessThanOrEqual(15);
    for (const tool of tools) {
      expect(tool.description, tool.name).toMatch(/\.$/);
      expect(tool.inputSchema.type).toBe("object");
    }
    expect(client?.getInstructions()?.length).toBeGreaterThan(40);
  });
});

test("tools outside the scenarios say so", async () => {
  const { text, isError } = await read("gdrive", "deleteFile", { fileId: "abc123" });
  expect(isError).toBe(true);
  expect(text).toContain("not part of the demo");
});

test("the transcript is two hours and about 100,000 characters", async () => {
  const document = await data<{ content: string; title: string }>("gdrive", "getDocument", { documentId: "abc123" });
  expect(document.title).toContain("Northwind");
  expect(document.content.length).toBeGreaterThan(95_000);
  expect(document.content.length).toBeLessThan(110_000);
  const times = [...document.content.matchAll(/^\[(\d\d):(\d\d):(\d\d)\] /gm)].map(
    ([, h, m, s]) => Number(h) * 3600 + Number(m) * 60 + Number(s),
  );
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeGreaterThan(7_100);
  const said = document.content.split("\n").filter((line) => line.startsWith("["));
  expect(new Set(said.map((line) => line.slice(11))).size).toBe(said.length);
});

test("documents are found by name and listed, and `fields` leaves the rest out", async () => {
  const { files } = await data<{ files: { id: string }[] }>("gdrive", "findDocument", {
    query: "northwind TRANSCRIPT",
  });
  expect(files.map((file) => file.id)).toEqual(["abc123"]);
  const listed = await data<{ files: unknown[] }>("gdrive", "listFiles");
  expect(listed.files).toHaveLength(2);
  const titled = await data("gdrive", "getDocument", { documentId: "abc123", fields: "title" });
  expect(Object.keys(titled as object)).toEqual(["documentId", "title"]);
});

test("the sheet has 10,000 rows and can be read in parts", async () => {
  const { files } = await data<{ files: { id: string }[] }>("gdrive", "findDocument", { query: "orders" });
  const sheetId = files[0]?.id;
  const rows = await data<Record<string, unknown>[]>("gdrive", "getSheet", { sheetId });
  expect(rows).toHaveLength(10_000);
  expect(rows[0]).toMatchObject({ "Order ID": "SO-100000", Status: expect.any(String) as unknown });
  expect(await data("gdrive", "getSheet", { sheetId, startRow: 4, maxRows: 2 })).toEqual(rows.slice(3, 5));
});

test.each([
  ["gdrive", "getDocument", { documentId: "nope" }, /File not found: nope/],
  ["gdrive", "getSheet", { sheetId: "abc123" }, /not a sheet/],
  ["salesforce", "query", { query: "SELECT Id FROM Account" }, /INVALID_TYPE.*Account/],
  ["salesforce", "query", { query: "SELECT Nope FROM Lead" }, /no such column 'Nope'/],
  ["salesforce", "query", { query: "SELECT Id FROM Lead WHERE Status = New" }, /single quotes.*"New" at character 36/],
  ["salesforce", "query", { query: "SELECT Id FROM Lead WHERE Id = 'a' AND Id = 'b' OR Id = 'c'" }, /brackets/],
  ["salesforce", "query", { query: "DELETE FROM Lead" }, /expected SELECT, got "DELETE" at character 1/],
  ["salesforce", "query", { query: `SELECT Id FROM Lead WHERE ${"(".repeat(900)}` }, /nested deeper/],
  ["salesforce", "getRecord", { objectType: "Lead", recordId: "00Q000000000000" }, /NOT_FOUND/],
  [
    "salesforce",
    "updateRecord",
    { objectType: "Lead", recordId: "00Q5f000001abcXYZ", data: { Nope: 1 } },
    /INVALID_FIELD.*Nope/,
  ],
  ["slack", "sendMessage", { channel: "general", text: "x" }, /channel_not_found/],
  ["sendgrid", "sendEmail", { to: "nobody", subject: "x", text: "x" }, /address|email/i],
  ["sendgrid", "sendEmail", { to: "a@b.example", subject: "x" }, /no body/],
])("%s.%s answers %j with a plain error", async (server, tool, args, message) => {
  const { text, isError } = await read(server, tool, args);
  expect(isError).toBe(true);
  expect(text).toMatch(message);
});

test("SOQL selects, filters, orders, limits and counts as the same filters in code do", async () => {
  const all = await query("SELECT Id, FirstName, Email, Status, Country, Web_Score__c FROM Lead");
  expect(all).toHaveLength(500);
  const ids = (records: Record<string, unknown>[]): unknown[] => records.map((record) => record["Id"]);
  const check = async (where: string, keep: (lead: Record<string, unknown>) => boolean): Promise<void> => {
    const kept = all.filter(keep);
    expect(ids(await query(`SELECT Id FROM Lead WHERE ${where}`)), where).toEqual(ids(kept));
    expect(await query(`select count() from lead where ${where}`)).toEqual([{ expr0: kept.length }]);
  };
  const score = (lead: Record<string, unknown>): number => Number(lead["Web_Score__c"]);
  await check("Status = 'Qualified'", (lead) => lead["Status"] === "Qualified");
  await check(
    "Status != 'qualified' AND Web_Score__c > 90",
    (lead) => lead["Status"] !== "Qualified" && score(lead) > 90,
  );
  await check("Web_Score__c <= 2 OR Web_Score__c >= 99", (lead) => score(lead) <= 2 || score(lead) >= 99);
  await check(
    "Country IN ('Spain', 'Italy') AND (Web_Score__c < 10 OR NOT Status = 'New')",
    (lead) => ["Spain", "Italy"].includes(String(lead["Country"])) && (score(lead) < 10 || lead["Status"] !== "New"),
  );
  await check("Country NOT IN ('Spain')", (lead) => lead["Country"] !== "Spain");
  await check("Email LIKE 'ad_.%.example'", (lead) => /^ad.\..*\.example$/.test(String(lead["Email"])));
  const top = await query("SELECT Web_Score__c, Id FROM Lead ORDER BY Web_Score__c DESC, Id LIMIT 5 OFFSET 1");
  const sorted = all.toSorted(
    (a, b) => score(b) - score(a) || (String(a["Id"]).toLowerCase() < String(b["Id"]).toLowerCase() ? -1 : 1),
  );
  expect(ids(top)).toEqual(ids(sorted.slice(1, 6)));
});

test("leads carry nobody's real address", async () => {
  const leads = await query("SELECT Id, Email, Phone FROM Lead");
  expect(new Set(leads.map((lead) => lead["Id"])).size).toBe(500);
  for (const lead of leads) {
    expect(lead["Email"]).toMatch(/^[a-z.]+\d+@[a-z-]+\.example$/);
    expect(lead["Phone"]).toMatch(/ 555-01\d\d$/);
  }
});

test("a change is kept, seen by another process, and whole under parallel calls", async () => {
  const leads = await query("SELECT Id FROM Lead LIMIT 40 OFFSET 100");
  const other = await connect("salesforce");
  const first = clients.get("salesforce") ?? other;
  const notes = (index: number): string => `note ${index} `.repeat(2_000);
  await Promise.all(
    leads.map((lead, index) =>
      (index % 2 === 0 ? first : other).callTool({
        name: "updateRecord",
        arguments: { objectType: "Lead", recordId: lead["Id"], data: { Notes: notes(index) } },
      }),
    ),
  );
  await other.close();
  for (const [index, lead] of leads.entries()) {
    const record = await data<{ Notes: string }>("salesforce", "getRecord", {
      objectType: "Lead",
      recordId: lead["Id"],
      fields: ["Notes"],
    });
    expect(record.Notes).toBe(notes(index));
  }
});

test("messages and mails are in the state once they are sent", async () => {
  await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      data("slack", "sendMessage", { channel: "@ada.abel1", text: `hello ${index}` }),
    ),
  );
  const history = await data<{ text: string; ts: string }[]>("slack", "getChannelHistory", {
    channel: "@ada.abel1",
    limit: 1000,
  });
  expect(history.map((message) => message.text).toSorted()).toEqual(
    Array.from({ length: 30 }, (_, index) => `hello ${index}`).toSorted(),
  );
  expect(new Set(history.map((message) => message.ts)).size).toBe(30);
  await data("sendgrid", "sendEmail", { to: "ada@alder.example", subject: "Hello", text: "Hi" });
  expect(await lines("sendgrid/sent.jsonl")).toMatchObject([{ to: "ada@alder.example", subject: "Hello", text: "Hi" }]);
});

test("the deployment ends about three seconds after the first look", async () => {
  const isComplete = async (): Promise<boolean> => {
    const messages = await data<{ text: string }[]>("slack", "getChannelHistory", { channel: "C123456" });
    return messages.some((message) => message.text.includes("deployment complete"));
  };
  const started = Date.now();
  expect(await isComplete()).toBe(false);
  while (!(await isComplete())) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(Date.now() - started).toBeGreaterThan(2_900);
  expect(Date.now() - started).toBeLessThan(6_000);
}, 10_000);

test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
  "%s: a state in which nothing was done fails its check",
  (_, scenario) => {
    expect(scenario.check({ folder: join(state, "nothing"), reported: "" })).toMatch(/\w/);
  },
);
