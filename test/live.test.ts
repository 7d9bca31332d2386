import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import type { Sluice } from "../src/runtime/sluice.ts";
import { makeShop, type Shop } from "./changing.ts";

// Tools that change while Sluice runs: everything made of them is new at once, but for the programs that are running.

const get = (type: string, description = "Gets an order."): JsonObject => ({
  name: "get",
  description,
  inputSchema: { type: "object", properties: { id: { type } }, required: ["id"] },
});
const hold = { name: "hold" };
const later = { name: "ship_order", description: "Ships an order by carrier." };

let shop: Shop;
let sluice: Sluice;
beforeEach(async () => {
  shop = makeShop([get("string"), hold]);
  sluice = await shop.open();
});
afterEach(async () => {
  await shop[Symbol.asyncDispose]();
});

async function change(...tools: JsonObject[]): Promise<void> {
  const known = shop.seen("tools-changed");
  shop.list(...tools);
  await known;
}

describe("list_changed", () => {
  test("renews tree, search, names, type check, exposed tools and learned types", async () => {
    const again = await shop.open({ expose: ["shop.*"] });
    expect((await again.executeCode("return await shop.get({ id: 'a' })")).status).toBe("completed");
    expect((await again.learnedTypes()).map(({ address }) => address)).toEqual(["shop.get"]);
    await change(get("number"), hold, later);

    const read =
      "return [await fs.promises.readdir('./servers/shop'), await fs.promises.readFile('./servers/shop/get.ts', 'utf8')]";
    const { result } = await again.executeCode(read);
    const [names, module] = result as [string[], string];
    expect(names).toContain("shipOrder.ts");
    expect(module).toContain("id: number");
    expect((await again.searchTools("ship carrier")).results.map(({ id }) => id)).toEqual(["shop.ship_order"]);
    expect((await again.executeCode("return await shop.shipOrder()")).result).toEqual({ called: "ship_order" });
    const wrong = await again.executeCode("const x = 'a' as any; return await shop.get({ id: x })");
    expect(wrong.error?.code).toBe("arguments_invalid");
    expect((await again.exposedTools()).map(({ name }) => name)).toEqual([
      "shop__get",
      "shop__hold",
      "shop__ship_order",
    ]);
    // what was learned belongs to the definition that the tool had
    expect((await again.learnedTypes()).map(({ address }) => address)).not.toContain("shop.get");
    // and a tool that is gone is gone
    await change(hold);
    expect((await again.callTool("shop.ship_order", {})).error?.code).toBe("tool_not_found");
    expect((await again.searchTools("ship carrier")).results.map(({ id }) => id)).not.toContain("shop.ship_order");
  });
});

describe("a program that is running", () => {
  const start = async (code: string): Promise<Promise<unknown>> => {
    const started = shop.seen("tool-call-started");
    const running = sluice
      .executeCode(code)
      .then(({ status, result, error }) => (status === "completed" ? result : error));
    await started;
    return [running] as never;
  };

  test("keeps its modules, names and folders, also those that it had not read yet", async () => {
    const [running] = (await start(`
      import * as imported from './servers/shop';
      const before = await fs.promises.readdir('./servers/shop');
      await shop.hold();
      const module = await fs.promises.readFile('./servers/shop/get.ts', 'utf8');
      const readme = await fs.promises.readFile('./servers/shop/README.md', 'utf8');
      return {
        folder: (await fs.promises.readdir('./servers/shop')).join() === before.join(),
        module: module.includes('id: string'),
        readme: [readme.includes('shop.get'), readme.includes('shipOrder')],
        dynamic: Object.keys(await import('./servers/shop')).sort().join(),
        names: [typeof imported.get, typeof shop.shipOrder, typeof imported.shipOrder],
        described: (await sluice.describeTool('shop.get')).module.includes('id: string'),
        call: await shop.get({ id: 'a' }),
        later: await callTool('shop.ship_order', {}),
      };`)) as unknown as [Promise<unknown>];
    await change(get("number"), hold, later);
    shop.release();
    expect(await running).toMatchObject({
      folder: true,
      module: true,
      readme: [true, false],
      names: ["function", "undefined", "undefined"],
      described: true,
      call: { called: "get", id: "a" },
      // what it did not know it can still find by its address: a call may have added it
      later: { called: "ship_order" },
    });
    // the next one has the new ones
    expect((await sluice.executeCode("return typeof shop.shipOrder")).result).toBe("function");
  });

  test("that calls a tool that is gone hears it from the server", async () => {
    const [running] = (await start(
      "await shop.hold();\ntry { await shop.get({ id: 'a' }) } catch (error) { return [error.code, error.message] }",
    )) as unknown as [Promise<unknown>];
    await change(hold);
    shop.release();
    expect(await running).toEqual(["upstream_error", expect.stringContaining("Unknown tool: get") as string]);
  });

  test("a server first reached while it runs is there", async () => {
    await using other = makeShop([hold]);
    const config = {
      ...shop.config,
      mcpServers: {
        shop: (shop.config["mcpServers"] as JsonObject)["shop"] as JsonObject,
        late: (other.config["mcpServers"] as JsonObject)["shop"] as JsonObject,
      },
    };
    const both = await shop.open(config);
    await both.refresh({ servers: ["shop"] });
    const code =
      "const name = 'la' + 'te';\nreturn [Object.keys(await import('./servers/' + name)).includes('hold'), (await fs.promises.readdir('./servers/' + name)).includes('hold.ts')]";
    expect((await both.executeCode(code)).result).toEqual([true, true]);
  });
});

describe("ttlMs", () => {
  test("a list that is over is asked for again", { timeout: 60_000 }, async () => {
    await using stale = makeShop([get("string")], ["stale", "200"]);
    const live = await stale.open();
    const [{ protocol } = {}] = await live.refresh();
    expect(protocol).toBe("2026-07-28");
    expect((await live.callTool("shop.get", { id: "a" })).status).toBe("completed");
    const known = stale.seen("tools-changed");
    stale.list(get("string"), later);
    await known;
    expect((await live.searchTools("ship carrier")).results.map(({ id }) => id)).toEqual(["shop.ship_order"]);
  });
});
