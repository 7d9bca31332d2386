// A Sluice over a server whose tools a test changes while it runs.
import { appendFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../src/base/json.ts";
import { createSluice } from "../src/runtime/create-sluice.ts";
import type { Sluice, SluiceEvent } from "../src/runtime/sluice.ts";
import { engineOfTests } from "./house.ts";

/** What the file of `servers/changing.mjs` holds. */
export interface Listing {
  instructions?: string;
  tools: JsonObject[];
}

/** A folder with a config, a state directory and the file of one changing server under the key `shop`. */
export interface Shop extends AsyncDisposable {
  folder: string;
  /** `sluice.lock.json`, beside the config file. */
  lock: string;
  stateDir: string;
  config: JsonObject;
  events: SluiceEvent[];
  logs: string[];
  /** Opens one more Sluice on the folder; all end with the shop. */
  open(config?: JsonObject): Promise<Sluice>;
  /** Changes what the server lists. */
  list(...tools: JsonObject[]): void;
  /** Lets calls of `hold` answer. */
  release(): void;
  /** Resolves with the next event of the kind, or with one that came since `since`. */
  seen(kind: SluiceEvent["kind"], since?: number): Promise<SluiceEvent>;
}

const program = (name: string): string => fileURLToPath(new URL(`./servers/${name}.mjs`, import.meta.url));

/** Makes the folder; `server` is the program's name and its further arguments. */
export function makeShop(tools: JsonObject[], server: readonly [string, ...string[]] = ["changing"]): Shop {
  const folder = mkdtempSync(join(tmpdir(), "sluice-shop-"));
  const path = join(folder, "tools.json");
  const [name, ...rest] = server;
  const list = (...listed: JsonObject[]): void => writeFileSync(path, JSON.stringify({ tools: listed }));
  list(...tools);
  const config: JsonObject = {
    mcpServers: { shop: { command: process.execPath, args: [program(name), path, ...rest] } },
    stateDir: join(folder, "state"),
    sandbox: { guestsWarm: 0, ...engineOfTests() },
  };
  const opened: Sluice[] = [];
  const events: SluiceEvent[] = [];
  const logs: string[] = [];
  const waiting = new Set<() => void>();
  return {
    folder,
    lock: join(folder, "sluice.lock.json"),
    stateDir: join(folder, "state"),
    config,
    events,
    logs,
    list,
    async open(more = {}) {
      const { parseConfig } = await import("../src/config/parse-config.ts");
      const whole = { ...config, ...more };
      writeFileSync(join(folder, "sluice.config.json"), JSON.stringify(whole));
      const parsed = parseConfig(whole, { file: join(folder, "sluice.config.json"), directory: folder, env: {} });
      const sluice = await createSluice(parsed, { log: (line) => logs.push(line) });
      sluice.events.on((event) => {
        events.push(event);
        for (const look of waiting) look();
      });
      opened.push(sluice);
      return sluice;
    },
    release: () => appendFileSync(`${path}.go`, ""),
    seen: (kind, since = events.length) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = events.slice(since).find((event) => event.kind === kind);
          if (found === undefined) return void waiting.add(look);
          waiting.delete(look);
          resolve(found);
        };
        look();
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((sluice) => sluice[Symbol.asyncDispose]()));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
