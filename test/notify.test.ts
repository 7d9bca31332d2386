import { createHmac } from "node:crypto";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import { createApprovalSecret } from "../src/runtime/approval-secret.ts";
import { createStore } from "../src/store/store.ts";
import { type House, openHouse, zooServer } from "./house.ts";

const secret = "a secret of the webhook";

describe("a webhook", () => {
  let server: Server;
  let got: { body: string; signature: string }[];
  let status: number;
  let url: string;
  beforeEach(async () => {
    got = [];
    status = 200;
    server = createServer((incoming, response) => {
      let body = "";
      incoming.on("data", (chunk: Buffer) => (body += chunk.toString()));
      incoming.on("end", () => {
        got.push({ body, signature: String(incoming.headers["sluice-signature"]) });
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  });
  afterEach(() => void server.close());

  const open = (more: JsonObject = {}): Promise<House> =>
    openHouse({
      mcpServers: { zoo: zooServer() },
      policy: { tools: { "zoo.delete": "approve" }, alerts: { "failing-loop": "note" } },
      approvals: { notify: { url, secret }, ...more },
    });
  const messages = (): JsonObject[] => got.map(({ body }) => JSON.parse(body) as JsonObject);
  const linkOf = (): string => String(messages().find(({ type }) => type === "question")?.["link"]);

  test("is told of a question, signed, with a link that answers once", async () => {
    await using house = await open();
    const paused = await house.run('return await zoo.delete({ animal: "lion" }).catch((error) => error.code)');
    expect(paused.status).toBe("paused");
    await expect.poll(() => got.length).toBe(1);
    const { body, signature } = got[0] ?? { body: "", signature: "" };
    const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
    expect(hex).toBe(createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex"));
    expect(messages()[0]).toMatchObject({
      type: "question",
      kind: "approval",
      tool: "zoo.delete",
      id: paused.pending?.[0]?.id,
      holds: expect.stringContaining("as often as this program makes it") as string,
    });

    // Whoever only looks at it, a preview of a chat for one, has not answered.
    const page = await fetch(linkOf());
    const html = await page.text();
    expect([page.status, html.includes("May zoo.delete be called?")]).toEqual([200, true]);
    expect(html).toContain("as often as this program makes it");
    expect(html).not.toContain("this time");
    expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(house.sluice.questions()).toHaveLength(1);
    const answer = (body: string, link = linkOf()): Promise<number> =>
      fetch(link, { method: "POST", body: new URLSearchParams({ answer: body }) }).then((response) => response.status);
    expect(await answer("allow-always")).toBe(400);
    expect(await answer("deny-once", `${linkOf().slice(0, -1)}x`)).toBe(410);
    expect(await answer("allow-once")).toBe(200);
    expect(await answer("deny-once")).toBe(410);
    expect((await house.sluice.resume(paused.executionId)).status).toBe("completed");
    expect(house.sluice.questions({ all: true })).toMatchObject([{ answer: "allow-once", answeredBy: "link" }]);
  });

  test("the page is reached by its own address only, and goes with the question", async () => {
    await using house = await open();
    const paused = await house.run("return await zoo.delete({}).catch((error) => error.code)");
    await expect.poll(() => got.length).toBe(1);
    const { port, pathname } = new URL(linkOf());
    const response = await new Promise<number>((resolve) => {
      const headers = { host: "evil.example" };
      request({ port, host: "127.0.0.1", path: pathname, headers }, ({ statusCode = 0 }) => resolve(statusCode)).end();
    });
    expect(response).toBe(421);
    const post = (site: string): Promise<Response> =>
      fetch(linkOf(), { method: "POST", body: "answer=maybe", headers: { "sec-fetch-site": site } });
    for (const [site, status] of [
      ["cross-site", 403],
      ["same-site", 403],
      ["same-origin", 400],
      ["none", 400],
    ] as const)
      expect((await post(site)).status).toBe(status);
    expect((await fetch(linkOf())).status).toBe(200);
    house.sluice.answer(paused.pending?.[0]?.id ?? "", "deny-once", "test");
    expect((await fetch(linkOf())).status).toBe(410);
    expect((await fetch(linkOf(), { method: "POST", body: "answer=allow-once" })).status).toBe(410);
    expect((await house.sluice.resume(paused.executionId)).result).toBe("approval_denied");
  });

  test("is told of alerts, again where it fails, and stops nobody", async () => {
    status = 500;
    await using house = await open();
    await house.run("for (let n = 0; n < 10; n += 1) await zoo.fails({}).catch(() => 0)");
    await expect.poll(() => got.length).toBe(1);
    status = 200;
    await expect.poll(() => got.length, { timeout: 5_000 }).toBe(2);
    expect(messages()[1]).toMatchObject({ type: "alert", rule: "failing-loop", tool: "zoo.fails" });
  });
});

test("a program whose question nobody answers where it is shown is parked", async () => {
  await using house = await openHouse({
    policy: { tools: { "zoo.delete": "approve" } },
    approvals: { waitMs: 300 },
  });
  house.sluice.onQuestion(() => true);
  const paused = await house.run("return await zoo.delete({})");
  expect(paused).toMatchObject({ status: "paused", pending: [{ kind: "approval" }] });
  house.sluice.answer(paused.pending?.[0]?.id ?? "", "allow-once", "test");
  expect((await house.sluice.resume(paused.executionId)).status).toBe("completed");
});

test("the secret of the approvals is kept as a hash, and only who knows it changes it", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-secret-"));
  const store = createStore(folder);
  try {
    const kept = createApprovalSecret(store);
    kept.check(undefined);
    expect(kept.isSet()).toBe(false);
    expect(() => kept.set("short")).toThrow("at least 8 characters");
    kept.set("open sesame");
    expect(JSON.stringify(store.all("SELECT * FROM setting"))).not.toContain("sesame");
    expect(() => kept.check(undefined)).toThrow("needs the secret that was set");
    expect(() => kept.check("open sesam")).toThrow("not the secret");
    expect(() => kept.set("another one", "wrong")).toThrow("not the secret");
    kept.check("open sesame");
    kept.set("another one", "open sesame");
    kept.check("another one");
  } finally {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
