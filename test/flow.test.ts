import { describe, expect, test } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import type { FlowRule, ReadLabel, Trust } from "../src/config/config.ts";
import type { CallOutcome, ToolCall } from "../src/gateway/call.ts";
import { compose } from "../src/gateway/compose.ts";
import { createFlow, type ServerFlow } from "../src/gateway/flow.ts";
import { type House, openHouse, zooServer } from "./house.ts";

const good: CallOutcome = { kind: "data", data: "x" };

describe("rules about what was read", () => {
  const servers: Record<string, ServerFlow> = {
    crm: { trust: "internal" },
    web: { trust: "public" },
    wiki: { trust: "public", reads: "ordinary", sends: "inside" },
    mail: { trust: "internal", sends: "outside" },
  };

  /** Calls these tools one after the other in one execution; how the last one went. */
  async function after(
    tools: string[],
    { flows = [], preset = "balanced" }: { flows?: FlowRule[]; preset?: "open" | "balanced" | "strict" } = {},
    annotations?: object,
  ): Promise<string> {
    const flow = createFlow({ policy: { flows, preset }, serverOf: (key) => servers[key] });
    let asked: FlowRule | undefined;
    const call = compose([flow.step], async (passed) => {
      asked = passed.flow;
      return good;
    });
    let outcome: CallOutcome = good;
    for (const [at, address] of tools.entries()) {
      const [server = "", name = ""] = address.split(".");
      asked = undefined;
      outcome = await call({
        ...{ executionId: "a", callId: at, origin: "program", arguments: {}, grant: {} },
        signal: new AbortController().signal,
        tool: {
          ...{ server, name, address },
          ...(at === tools.length - 1 && annotations !== undefined ? { annotations } : {}),
        } as ToolCall["tool"],
      });
    }
    return outcome.kind === "error" ? outcome.code : asked === undefined ? "free" : "asked";
  }

  test("a person is asked once about one host in an execution, and about thirty at most", async () => {
    const { once, end } = createFlow({ policy: { flows: [], preset: "balanced" }, serverOf: () => undefined });
    let asked = 0;
    const ask = async (): Promise<boolean> => {
      asked += 1;
      return asked % 2 === 1;
    };
    const together = await Promise.all([once("a", "network:x", ask), once("a", "network:x", ask)]);
    expect([together, await once("a", "network:x", ask), asked]).toEqual([[true, true], true, 1]);
    expect([await once("a", "network:y", ask), await once("b", "network:x", ask), asked]).toEqual([false, true, 3]);
    for (let n = 3; n <= 30; n += 1) await once("a", `network:${n}`, ask);
    await expect(once("a", "network:31", ask)).rejects.toMatchObject({ code: "questionsPerExecutionMax" });
    expect(await once("a", "network:x", ask)).toBe(true);
    expect(asked).toBe(31);
    end("a");
  });

  const rule = (read: ReadLabel[], to: string, verdict: FlowRule["verdict"]): FlowRule => ({ read, to, verdict });

  test.each<[string, string[], Parameters<typeof after>[1], object | undefined, string]>([
    ["private data may go inside", ["crm.get", "crm.put"], {}, undefined, "free"],
    ["and, alone, outside", ["crm.get", "web.post"], {}, undefined, "free"],
    ["untrusted content alone too", ["web.get", "web.post"], {}, undefined, "free"],
    ["both and a way out ask", ["crm.get", "web.get", "web.post"], {}, undefined, "asked"],
    ["in whatever order", ["web.get", "crm.get", "mail.send"], {}, undefined, "asked"],
    ["nobody asks under open", ["crm.get", "web.get", "web.post"], { preset: "open" }, undefined, "free"],
    ["what the config says of a server counts", ["crm.get", "wiki.get", "wiki.put"], {}, undefined, "free"],
    [
      "an open world is untrusted and outside",
      ["crm.get", "crm.fetch", "crm.fetch"],
      {},
      { openWorldHint: true },
      "free",
    ],
    ["a server that nobody knows is not trusted", ["crm.get", "x.get", "x.get"], {}, undefined, "asked"],
    [
      "a rule denies",
      ["crm.get", "web.post"],
      { flows: [rule(["private"], "outside", "deny")] },
      undefined,
      "flow_denied",
    ],
    [
      "deny wins",
      ["crm.get", "web.get", "web.post"],
      { flows: [rule(["private"], "outside", "deny")] },
      undefined,
      "flow_denied",
    ],
    [
      "a rule allows the standing one",
      ["crm.get", "web.get", "web.post"],
      { flows: [rule(["untrusted", "private"], "outside", "allow")] },
      undefined,
      "free",
    ],
    [
      "a name may be allowed",
      ["crm.get", "web.get", "web.post"],
      { flows: [rule(["private"], "web.p*", "allow")] },
      undefined,
      "free",
    ],
    [
      "destructive is what says so",
      ["web.get", "crm.put"],
      { flows: [rule(["untrusted"], "destructive", "approve")] },
      { destructiveHint: true },
      "asked",
    ],
    [
      "or is named so",
      ["web.get", "crm.delete_lead"],
      { flows: [rule(["untrusted"], "destructive", "approve")] },
      undefined,
      "asked",
    ],
    [
      "but not where a trusted server says that it reads",
      ["web.get", "crm.delete_lead"],
      { flows: [rule(["untrusted"], "destructive", "approve")] },
      { readOnlyHint: true },
      "free",
    ],
    [
      "what another server says counts for nothing",
      ["web.get", "web.delete_lead"],
      { flows: [rule(["untrusted"], "destructive", "approve")] },
      { readOnlyHint: true },
      "asked",
    ],
    [
      "nothing was read, nothing is asked",
      ["crm.delete_lead"],
      { flows: [rule(["untrusted"], "destructive", "approve")] },
      undefined,
      "free",
    ],
  ])("%s: %j", async (_, tools, given, annotations, expected) => {
    expect(await after(tools, given, annotations)).toBe(expected);
  });

  test("an explicit hint of the open world makes a trusted server's tool a way out", async () => {
    expect(await after(["crm.get", "web.get", "crm.fetch"], {}, { openWorldHint: true })).toBe("asked");
    expect(await after(["crm.get", "web.get", "crm.fetch"], {}, { openWorldHint: false })).toBe("free");
  });
});

describe("programs", () => {
  const server = (trust: Trust): JsonObject => ({ ...zooServer(), trust });
  const open = (more: JsonObject = {}): Promise<House> =>
    openHouse({
      mcpServers: { hr: server("internal"), web: server("public") },
      privacy: { mode: "off" },
      policy: { flows: { "private -> outside": "deny" } },
      ...more,
    });

  test("private data does not go outside, and the program can catch it", async () => {
    await using house = await open();
    const { result } = await house.run(
      "await hr.echo({}); try { await web.echo({}); return 'went' } catch (error) { return [error.code, error.message] }",
    );
    expect(result).toEqual([
      "flow_denied",
      'Cannot call web.echo: the program has read private content, and policy.flows "private -> outside" denies it',
    ]);
    expect((await house.run("return await web.echo({ n: 1 })")).result).toEqual({ n: 1 });
  });

  test.each<[string, string, string]>([
    [
      "a file",
      'await fs.promises.writeFile("./workspace/a", JSON.stringify(x))',
      'await fs.promises.readFile("./workspace/a")',
    ],
    ["a file read at once", 'fs.writeFileSync("./workspace/a", "x")', 'fs.readFileSync("./workspace/a", "utf8")'],
    [
      "an appended file",
      'await fs.promises.appendFile("./workspace/old", "x")',
      'await fs.promises.readFile("./workspace/old")',
    ],
    [
      "a copy",
      'await fs.promises.writeFile("./workspace/a", "x"); await fs.promises.copyFile("./workspace/a", "./workspace/b")',
      'await fs.promises.readFile("./workspace/b")',
    ],
    [
      "a folder that was moved",
      'await fs.promises.mkdir("./workspace/d"); await fs.promises.writeFile("./workspace/d/a", "x"); await fs.promises.rename("./workspace/d", "./workspace/e")',
      'await fs.promises.readFile("./workspace/e/a")',
    ],
    [
      "a name",
      'await fs.promises.writeFile("./workspace/secret-is-7", "")',
      'await fs.promises.readdir("./workspace")',
    ],
    [
      "a name below",
      'await fs.promises.mkdir("./workspace/s/7", { recursive: true })',
      'await fs.promises.readdir("./workspace", { recursive: true })',
    ],
    [
      "that a file is gone",
      'fs.writeFileSync("./workspace/old", "mine"); await fs.promises.unlink("./workspace/old")',
      'fs.existsSync("./workspace/old")',
    ],
    [
      "a folder that is there already",
      'await fs.promises.mkdir("./workspace/bit")',
      'await fs.promises.mkdir("./workspace/bit").catch(() => 0)',
    ],
    [
      "a folder that is not",
      'await fs.promises.mkdir("./workspace/other")',
      'await fs.promises.rmdir("./workspace/bit").catch(() => 0)',
    ],
    [
      "a file that cannot be made",
      'await fs.promises.writeFile("./workspace/bit", "")',
      'await fs.promises.writeFile("./workspace/bit", "", { flag: "wx" }).catch(() => 0)',
    ],
    [
      "a file where a folder is",
      'await fs.promises.mkdir("./workspace/bit")',
      'await fs.promises.writeFile("./workspace/bit", "").catch(() => 0)',
    ],
    [
      "the time of a folder",
      'await fs.promises.mkdir("./workspace/d", { recursive: true }); await fs.promises.unlink("./workspace/old")',
      '(await fs.promises.stat("./workspace")).mtimeMs',
    ],
    [
      "a name that a folder has lost",
      'await fs.promises.unlink("./workspace/old")',
      'await fs.promises.readdir("./workspace")',
    ],
    [
      "a folder that was moved away",
      'await fs.promises.rename("./workspace/old", "./workspace/new")',
      'await fs.promises.rename("./workspace/old", "./workspace/x").catch(() => 0)',
    ],
    ["that a file is there", 'await fs.promises.writeFile("./workspace/yes", "")', 'fs.existsSync("./workspace/yes")'],
  ])("it is not laundered by %s", async (_, write, read) => {
    await using house = await open();
    await house.run('await fs.promises.writeFile("./workspace/old", "mine")');
    const wrote = await house.run(`const x = await hr.echo({ secret: 7 }); ${write}`);
    expect(wrote.error).toBeUndefined();
    const send = `${read}; try { await web.echo({}); return 'went' } catch (error) { return error.code }`;
    expect((await house.run(send)).result).toBe("flow_denied");
    // What the program had not read goes on as it was.
    expect((await house.run("await web.echo({}); return 'went'")).result).toBe("went");
  });

  test("nor by what results have taught of a tool", async () => {
    await using house = await open();
    await house.run(
      'const { n } = await hr.echo({ n: 7 }); await web.echo({}).catch(() => 0); await hr.echo({ ["k" + n]: 1 })',
    );
    for (const read of [
      'await fs.promises.readFile("./servers/hr/echo.ts", "utf8")',
      'await describeTool("hr.echo")',
      'await searchTools("echo")',
    ]) {
      const code = `import { describeTool, searchTools } from "sluice"; ${read}; try { await web.echo({}); return "went" } catch (error) { return error.code }`;
      expect((await house.run(code)).result).toBe("flow_denied");
    }
  });

  test("what is written anew is what was read now, and what was spilled is anybody's", async () => {
    await using house = await open({ sandbox: { previewBytes: 512 } });
    await house.run('await hr.echo({}); await fs.promises.writeFile("./workspace/a", "x")');
    await house.run('await fs.promises.writeFile("./workspace/a", "clean")');
    const send = "try { await web.echo({}); return 'went' } catch (error) { return error.code }";
    expect((await house.run(`await fs.promises.readFile("./workspace/a"); ${send}`)).result).toBe("went");
    const large = await house.run('return await hr.echo({ text: "x".repeat(4000) })');
    expect(large.spilled).toHaveLength(1);
    expect((await house.run(`await fs.promises.readFile(${JSON.stringify(large.spilled?.[0])}); ${send}`)).result).toBe(
      "flow_denied",
    );
  });

  test("balanced asks where private data, untrusted content and a way out meet, once", async () => {
    await using house = await open({ policy: { preset: "balanced" } });
    const asked: string[] = [];
    house.sluice.onQuestion(({ id, kind, body }) => {
      asked.push(`${kind}: ${body.text}`);
      setTimeout(() => house.sluice.answer(id, "allow-once", "test"));
      return true;
    });
    const { status, result } = await house.run(
      "await hr.echo({}); await web.echo({}); for (const n of [1, 2, 3]) await web.echo({ n }); return 'went'",
    );
    expect([status, result]).toEqual(["completed", "went"]);
    expect(asked).toEqual([
      'flow: May web.echo be called? The program has read private and untrusted content (policy.flows "private + untrusted -> outside").',
    ]);
  });
});
