import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../base/json.ts";
import { createSluice } from "../runtime/create-sluice.ts";
import type { Outcome } from "../runtime/outcome.ts";
import type { Sluice } from "../runtime/sluice.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** A Sluice over two real servers in a temporary folder, with what no program may reach planted around it. */
export interface ConformanceSite extends AsyncDisposable {
  sluice: Sluice;
  /** The code of a case, with the places of what is planted. */
  toCode(conformanceCase: ConformanceCase): string;
  /** What a program reached or changed that it must not, each in one sentence. */
  findEscapes(outcome: Outcome): Promise<string[]>;
}

const server = fileURLToPath(new URL("./kit-server.js", import.meta.url));
const own = fileURLToPath(new URL("..", import.meta.url));

export async function createConformanceSite(sandbox: JsonObject): Promise<ConformanceSite> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-conformance-"));
  const secret = `planted-${randomUUID()}`;
  const outside = join(folder, "outside.txt");
  const stateDir = join(folder, "state");
  const workspace = join(stateDir, "workspaces", "default");
  const skills = join(folder, "skills");
  await writeFile(outside, secret);
  await mkdir(skills);
  await writeFile(join(skills, "double.ts"), "export const double = (n: number): number => n * 2;\n");
  // What somebody else may have left in the workspace: a file and a folder that are links out of it.
  await mkdir(workspace, { recursive: true });
  if (process.platform !== "win32") {
    await symlink(outside, join(workspace, "linked.txt"));
    await symlink(folder, join(workspace, "linked"));
  }

  // What would be reached if a program had the network of this machine.
  let visits = 0;
  const listener = createServer((_, response) => {
    visits += 1;
    response.end(secret);
  });
  listener.on("connection", () => (visits += 1));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;

  async function close(): Promise<void> {
    listener.closeAllConnections();
    listener.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  let sluice: Sluice;
  try {
    const kit = { command: process.execPath, args: [server], env: { SECRET: secret } };
    sluice = await createSluice({
      mcpServers: { kit, "second-kit": kit },
      policy: { tools: { "*": "allow", "kit.forbidden": "deny" } },
      stateDir,
      skills: { dir: skills },
      sandbox,
    });
  } catch (error) {
    await close();
    throw error;
  }
  const beside = (await readdir(folder)).join();

  return {
    sluice,
    toCode: ({ code }) => code.replaceAll("@OUTSIDE@", outside).replaceAll("@PORT@", String(port)),
    async findEscapes(outcome) {
      const escapes: string[] = [];
      const text = JSON.stringify(outcome);
      if (text.includes(secret)) escapes.push("the outcome holds what was planted outside");
      if (text.includes(own)) escapes.push("the outcome names a folder of Sluice itself");
      if (visits > 0) escapes.push(`the server on the machine's loopback got ${visits} visits`);
      if ((await readFile(outside, "utf8")) !== secret) escapes.push("the file outside was changed");
      if ((await readdir(folder)).join() !== beside) escapes.push("the folder beside the workspace was changed");
      visits = 0;
      return escapes;
    },
    async [Symbol.asyncDispose]() {
      await sluice[Symbol.asyncDispose]();
      await close();
    },
  };
}
