// Runs the real `sluice` of dist, with a config over real servers in a folder of its own.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));
export const cli: string = join(root, "dist/surfaces/cli.js");

/** How a command ended. */
export interface Ending {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder with a config; its `sluice` runs there. */
export interface Site extends AsyncDisposable {
  directory: string;
  run(args: readonly string[], options?: RunOptions): Promise<Ending>;
}

export interface RunOptions {
  input?: string;
  env?: Record<string, string>;
  /** Called once the process runs, to signal it. */
  onStart?: (process: ReturnType<typeof spawn>) => void;
}

/** The servers of the test site: two that work. */
export const workingServers: Record<string, unknown> = {
  everything: toServer("everything"),
  memory: { ...toServer("memory"), env: { MEMORY_FILE_PATH: "./memory.jsonl" } },
};

export async function createSite(config: unknown): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-site-"));
  if (config !== undefined) await writeFile(join(directory, "sluice.config.json"), JSON.stringify(config));
  return {
    directory,
    run: (args, options) => run(directory, args, options),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** The environment of a user who has no config of his own. */
export function toEnvironment(directory: string, env: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: directory, ...env };
}

async function run(
  directory: string,
  args: readonly string[],
  { input, env, onStart }: RunOptions = {},
): Promise<Ending> {
  const child = spawn(process.execPath, [cli, ...args], { cwd: directory, env: toEnvironment(directory, env) });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  onStart?.(child);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stdout, stderr };
}

function toServer(name: string): { command: string; args: string[] } {
  return {
    command: process.execPath,
    args: [join(root, `node_modules/@modelcontextprotocol/server-${name}/dist/index.js`)],
  };
}
