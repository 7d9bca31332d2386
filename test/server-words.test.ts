import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import { createSecretMask, toHostSecrets, toSecretForms } from "../src/runtime/host-secrets.ts";
import type { SluiceEvent } from "../src/runtime/sluice.ts";
import { openHouse } from "./house.ts";

const server = fileURLToPath(new URL("./servers/telling.mjs", import.meta.url));
const token = "tk-7f3a99-Zq.4mW8";
const mail = "ines.mota@fjord-data.io";

const telling = (mode: "starts" | "dies"): JsonObject => ({
  command: process.execPath,
  args: [server, mode, mail],
  env: { TELLING_TOKEN: token },
});
const open = (mode: "starts" | "dies", privacy: JsonObject): ReturnType<typeof openHouse> =>
  openHouse({ mcpServers: { teller: telling(mode) }, sandbox: { guestsWarm: 0, wall: "none" }, privacy });

/** Every form in which the server tells its token. */
function expectNoToken(value: unknown): void {
  const text = JSON.stringify(value);
  for (const form of [token, token.toLowerCase(), [...token].reverse().join("")]) expect(text).not.toContain(form);
  for (const [encoded] of text.matchAll(/[\w+/]{16,}={0,2}/g))
    expect(Buffer.from(encoded, "base64").toString()).not.toContain(token);
}

describe.each(["seal", "off"])("what a server was given is in nothing that it says, in mode %s", (mode) => {
  test("tool definitions: answers of search, modules, exposed tools", async () => {
    await using house = await open("starts", { mode });
    const { sluice } = house;
    const answer = await sluice.searchTools("", { server: "teller", detail: "full" });
    expect(answer.results.map(({ id }) => id)).toEqual(["teller.die", "teller.raise"]);
    expectNoToken(answer);
    const { result } = await house.run(`
      import fs from "node:fs/promises";
      return await Promise.all(["README.md", "die.ts"].map((name) => fs.readFile("./servers/teller/" + name, "utf8")))`);
    expect(JSON.stringify(result)).toContain("[SECRET]");
    expectNoToken(result);
    const [report] = sluice.servers();
    expect(report?.problems).toHaveLength(2);
    expectNoToken(report);
  });

  test("last words: errors of calls, of a start, events and the report", async () => {
    await using house = await open("dies", { mode });
    const { sluice } = house;
    const events: SluiceEvent[] = [];
    sluice.events.on((event) => events.push(event));
    const called = await sluice.callTool("teller.die", {});
    const searched = await sluice.searchTools("ends");
    const [report] = await sluice.refresh();
    expect(report).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("its last words: connected with [SECRET]"),
    });
    expect(events.some(({ kind }) => kind === "server-failed")).toBe(true);
    expectNoToken([called, searched, report, events, sluice.servers()]);
  });

  test("errors of a running server", async () => {
    await using house = await open("starts", { mode });
    for (const tool of ["raise", "die"]) {
      const { error } = await house.sluice.callTool(`teller.${tool}`, {});
      expect(error?.message).toContain("connected with [SECRET");
      expectNoToken([error, house.sluice.servers()]);
    }
  });
});

test("personal data in what a server says is sealed in errors, reports, events and answers of search", async () => {
  await using house = await open("dies", {});
  const { sluice } = house;
  const events: SluiceEvent[] = [];
  sluice.events.on((event) => events.push(event));
  const called = await sluice.callTool("teller.die", {});
  const run = await house.run(`import { die } from "servers/teller"; return await die({})`);
  const [report] = await sluice.refresh();
  expect(report?.reason).toContain("asked by [EMAIL]");
  const said = [called, run, report, sluice.servers(), events, await sluice.searchTools("ends")];
  expect(JSON.stringify(said)).not.toContain(mail);

  await using running = await open("starts", {});
  const searched = await running.sluice.searchTools("", { server: "teller", detail: "full" });
  expect(JSON.stringify(searched)).not.toContain(mail);
  const { error } = await running.sluice.callTool("teller.die", {});
  expect(error?.message).toContain("asked by [EMAIL");
  expect(JSON.stringify([error, await running.sluice.refresh()])).not.toContain(mail);
});

test("a text without a secret comes back as it is; masks look at every secret, the longer first", () => {
  const mask = createSecretMask(["abc-12345", "abc-12345-67890", "s$&cret-$1"]);
  expect(mask("nothing of it in abc-1234")).toBe("nothing of it in abc-1234");
  expect(mask("x abc-12345-67890 y abc-12345, s$&cret-$1")).toBe("x [SECRET] y [SECRET], [SECRET]");
  expect(mask(`k=${encodeURIComponent("s$&cret-$1")}&x ${Buffer.from("abc-12345-67890").toString("hex")}`)).toBe(
    "k=[SECRET]&x [SECRET]",
  );
  expect(createSecretMask([])("abc")).toBe("abc");
  const forms = toSecretForms([token]);
  for (const before of ["", "a", "ab", "abc"])
    for (const after of ["", "x", "xy"])
      for (const encoding of ["base64", "base64url", "hex"] as const) {
        const text = Buffer.from(`${before}${token}${after}`).toString(encoding);
        expect(
          forms.some((form) => text.includes(form)),
          `${before} ${after} ${encoding}`,
        ).toBe(true);
      }
  expect(toHostSecrets([], {})).toEqual([]);
});
