import { randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import { pipeline } from "node:stream/promises";
import { SluiceError, toMessage } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { ContainerConfig } from "../../config/config.ts";

/** The program that runs containers, as it must be called on this machine. */
export interface ContainerClient extends ContainerConfig {
  /** Absolute path. */
  program: string;
  /** gVisor here may not use cgroups: then only the watchdog bounds the guest. */
  ignoreCgroups: boolean;
}

const CLIENT_MS = 20_000;
const OUTPUT_BYTES_MAX = 65_536;
/** What the clients need to find their runtime, their storage and their daemon. */
const VARIABLES = [
  "PATH",
  "HOME",
  "XDG_RUNTIME_DIR",
  "XDG_DATA_HOME",
  "XDG_CONFIG_HOME",
  "DOCKER_HOST",
  "DOCKER_CONTEXT",
];

/** The environment of the client; the guest's own is another. */
export function toClientEnvironment(): Record<string, string> {
  return Object.fromEntries(
    VARIABLES.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Arguments that stand before every command. */
export function toClientArguments({ command, runtime, ignoreCgroups }: ContainerClient): string[] {
  if (command === "docker") return [];
  const flags = ignoreCgroups ? ["ignore-cgroups", "network=none"] : ["network=none"];
  return [
    // Without systemd's help: root has none in a container of its own. Other users cannot do without.
    ...(process.getuid?.() === 0 ? ["--cgroup-manager", "cgroupfs"] : []),
    ...["--runtime", runtime],
    ...(runtime === "runsc" ? flags.flatMap((flag) => ["--runtime-flag", flag]) : []),
  ];
}

/** Runs one command of the client to its end; answers its standard output, throws what it said on the other. */
export async function runClient(
  client: ContainerClient,
  args: readonly string[],
  { input, timeoutMs = CLIENT_MS }: { input?: AsyncIterable<Buffer>; timeoutMs?: number } = {},
): Promise<string> {
  const child = spawn(client.program, [...toClientArguments(client), ...args], {
    env: toClientEnvironment(),
    stdio: ["pipe", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  let failure = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString("utf8").slice(0, OUTPUT_BYTES_MAX)));
  child.stderr.on("data", (chunk: Buffer) => {
    if (stderr.length < OUTPUT_BYTES_MAX) stderr += chunk.toString("utf8");
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  try {
    if (input === undefined) child.stdin.end();
    else await pipeline(input, child.stdin);
  } catch (error) {
    failure = toMessage(error);
    // The client may well be content with half an input; one that takes none says why by itself.
    if (!failure.includes("EPIPE")) child.kill("SIGKILL");
  }
  const code = await ended;
  if (code !== 0 || failure !== "") {
    const said = [stderr.trim().split("\n").slice(-3).join(" "), failure].filter((text) => text !== "").join("; ");
    throw new SluiceError(
      "wall_unavailable",
      `${client.command} ${args[0]}: ${said === "" ? `ended with ${code}` : said}`,
    );
  }
  return stdout;
}

/** Whether the image is there. */
export async function hasImage(client: ContainerClient, image: string): Promise<boolean> {
  try {
    await runClient(client, ["image", "inspect", "--format", "{{.Id}}", image]);
    return true;
  } catch {
    return false;
  }
}

/** Makes an image of a tar archive; it has its name only once it is whole. */
export async function importImage(client: ContainerClient, image: string, tar: AsyncIterable<Buffer>): Promise<void> {
  // Others may make it at the same time, in this process too.
  const made = `${image}-${randomBytes(6).toString("hex")}`;
  try {
    await runClient(client, ["import", "-", made], { input: tar, timeoutMs: limits.imageMs });
    await runClient(client, ["tag", made, image]);
  } finally {
    // Only this name: the image stays under the other one.
    await runClient(client, ["rmi", made]).catch(() => undefined);
  }
}
