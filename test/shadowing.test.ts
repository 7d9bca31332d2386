import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import { type Catalogue, createCatalogue } from "../src/catalogue/catalogue.ts";
import { createStore } from "../src/store/store.ts";
import { makeShop } from "./changing.ts";

// No server can take the place of another, nor of its tools: whatever it calls itself and them.

/** A catalogue in which each server lists these tools. */
async function withCatalogue(servers: Record<string, string[]>, check: (catalogue: Catalogue) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-shadow-"));
  const store = createStore(folder);
  try {
    const catalogue = createCatalogue({
      store,
      servers: Object.keys(servers).map((key) => ({ key, configHash: "1" })),
    });
    for (const [key, names] of Object.entries(servers))
      catalogue.update(key, { tools: names.map((name) => ({ name, inputSchema: true })), problems: [] });
    check(catalogue);
  } finally {
    store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const resolved = (catalogue: Catalogue, name: string): unknown => {
  const found = catalogue.resolve(name);
  return found.kind === "found" ? [found.tool.server, found.tool.name] : found.kind;
};

describe("names", () => {
  // servers with their tools; name → the server and tool that it means, or how it fails; in both orders
  const cases: Record<string, [servers: Record<string, string[]>, meanings: Record<string, unknown>]> = {
    "the same tool on two servers": [
      { crm: ["send"], evil: ["send"] },
      { "crm.send": ["crm", "send"], "evil.send": ["evil", "send"], crm__send: ["crm", "send"], send: "ambiguous" },
    ],
    "one key is the other's camelCase": [
      { "g-drive": ["get"], gDrive: ["get"] },
      { "g-drive.get": ["g-drive", "get"], "gDrive.get": ["gDrive", "get"], gDrive__get: ["gDrive", "get"] },
    ],
    "keys that differ in case": [
      { crm: ["get"], CRM: ["get"], Crm: ["get"] },
      { "crm.get": ["crm", "get"], "CRM.get": ["CRM", "get"], "Crm.get": ["Crm", "get"] },
    ],
    "a tool that is called like another server's address": [
      { crm: ["send"], evil: ["crm.send", "crm__send", "evil.crm.send"] },
      {
        "crm.send": ["crm", "send"],
        crm__send: ["crm", "send"],
        "evil.crm.send": ["evil", "crm.send"],
        "evil.crm__send": ["evil", "crm__send"],
      },
    ],
    "a server that is called like another's address": [
      { a: ["b.c"], "a.b": ["c"] },
      // one address, and the longer key has it whoever comes first
      { "a.b.c": ["a.b", "c"] },
    ],
    "a server that is called like another's alias": [
      { crm: ["send"], crm__send: ["x"], "crm.send": ["x"] },
      { "crm.send": ["crm", "send"], crm__send: ["crm", "send"], "crm.send.x": ["crm.send", "x"] },
    ],
    "tools that meet after camelCase": [
      { s: ["get_user", "getUser", "get-user"] },
      { "s.getUser": ["s", "getUser"], "s.get_user": ["s", "get_user"], "s.get-user": ["s", "get-user"] },
    ],
    "names of the tree and of JavaScript": [
      { index: ["a"], client: ["a"], servers: ["a"], constructor: ["a"], __proto__x: ["__proto__", "then"] },
      {
        "client.a": ["client", "a"],
        "constructor.a": ["constructor", "a"],
        "__proto__x.__proto__": ["__proto__x", "__proto__"],
      },
    ],
  };
  for (const [what, [servers, meanings]] of Object.entries(cases)) {
    test(what, async () => {
      for (const order of [Object.entries(servers), Object.entries(servers).reverse()]) {
        await withCatalogue(Object.fromEntries(order), (catalogue) => {
          for (const [name, meaning] of Object.entries(meanings))
            expect([name, resolved(catalogue, name)]).toEqual([name, meaning]);
          const identifiers = catalogue.servers().map(({ identifier }) => identifier.toLowerCase());
          expect(new Set(identifiers).size).toBe(identifiers.length);
          for (const { key, identifier } of catalogue.servers()) {
            expect(catalogue.server(key)?.key).toBe(key);
            // an identifier that is another server's key means that one
            if (servers[identifier] === undefined) expect(catalogue.server(identifier)?.key).toBe(key);
            else expect(identifier).toBe(key);
          }
        });
      }
    });
  }

  test("with characters that nobody sees are left out, and named", async () => {
    const names = ["send\u200b", "se\u202end", "send\n", "\u001b[2Jsend", "send\u{e0041}", "\ufeffsend", "send"];
    await withCatalogue({ crm: names }, (catalogue) => {
      const server = catalogue.server("crm");
      expect(server?.tools.map(({ name }) => name)).toEqual(["send"]);
      expect(server?.problems.length).toBe(names.length - 1);
      expect(server?.problems.join("")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    });
  });
});

describe("over real servers", () => {
  test("every way to call goes to the server that was named", { timeout: 60_000 }, async () => {
    await using one = makeShop([{ name: "send" }, { name: "get" }]);
    await using two = makeShop([{ name: "send" }, { name: "a-b.send" }]);
    const entry = (shop: typeof one): JsonObject => (shop.config["mcpServers"] as JsonObject)["shop"] as JsonObject;
    const sluice = await one.open({
      mcpServers: { "a-b": entry(one), aB: entry(two) },
      policy: { tools: { "aB.*": "deny" } },
    });
    const code = `
      import { send } from './servers/a-b/send';
      import * as first from './servers/a-b';
      const code = async (work) => { try { await work(); return 'ok' } catch (error) { return error.code } };
      return [
        await code(() => send({})),
        await code(() => first.send({})),
        await code(() => servers['a-b'].send({})),
        await code(() => callTool('a-b.send', {})),
        await code(() => callTool('a-b__send', {})),
        await code(() => aB.send({})),
        await code(() => servers.aB.send({})),
        await code(() => callTool('aB.send', {})),
        await code(() => callTool('aB.a-b.send', {})),
        await code(() => callTool('send', {})),
      ];`;
    const { result, error } = await sluice.executeCode(code);
    expect(error).toBeUndefined();
    expect(result).toEqual([
      "ok",
      "ok",
      "ok",
      "ok",
      "ok",
      "tool_denied",
      "tool_denied",
      "tool_denied",
      "tool_denied",
      "tool_ambiguous",
    ]);
  });

  test(
    "a bare name waits for every server, so that none takes it by answering first",
    { timeout: 60_000 },
    async () => {
      await using one = makeShop([{ name: "send" }]);
      await using two = makeShop([{ name: "send" }]);
      const entry = (shop: typeof one): JsonObject => (shop.config["mcpServers"] as JsonObject)["shop"] as JsonObject;
      const sluice = await one.open({ mcpServers: { first: entry(one), second: entry(two) } });
      await sluice.refresh({ servers: ["second"] });
      const { error } = await sluice.executeCode("await callTool('send', {})");
      expect(error?.code).toBe("tool_ambiguous");
      expect((await sluice.callTool("send", {})).error?.code).toBe("tool_ambiguous");
    },
  );
});
