import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError, toMessage } from "../../base/errors.ts";
import { findProgram } from "../../base/find-program.ts";
import type { ContainerConfig } from "../../config/config.ts";
import { type ContainerClient, hasImage, importImage, runClient } from "./container-client.ts";
import { hashTar, listImageFiles, toTar } from "./container-image.ts";
import { createContainer, hostLabel, toHostMark } from "./container.ts";
import { listLibraries } from "./libraries.ts";
import type { WallUse } from "./open-bwrap.ts";
import { probeWall, readProbe, toProbeKey, writeProbe } from "./probe.ts";
import type { Wall } from "./wall.ts";

/**
 * The container wall, proved by a start of the engine behind it; throws `wall_unavailable` with the remedy. Its image
 * is made of the engine's files once, and named by their content.
 */
export async function openContainer(config: ContainerConfig, { command, memoryMb, stateDir }: WallUse): Promise<Wall> {
  if (process.platform !== "linux") throw unavailable(config, `it needs Linux, this is ${process.platform}`);
  const program = findProgram(config.command);
  if (program === undefined)
    throw unavailable(config, `${config.command} is not installed`, `sudo apt-get install ${packages[config.command]}`);
  // Of docker, the daemon knows its runtimes.
  if (config.command === "podman" && findProgram(config.runtime) === undefined)
    throw unavailable(config, `${config.runtime} is not installed`, `sudo apt-get install ${config.runtime}`);
  const client: ContainerClient = { ...config, program, ignoreCgroups: false };
  const folder = join(stateDir, "containers");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeLeft(client);

  const extra = [config.command, config.runtime, ...command.reads];
  const key = toProbeKey([program, command.program], extra);
  const kept = await readProbe(stateDir, "container", key);
  const keptImage = kept?.["image"];
  if (typeof keptImage === "string" && (await hasImage(client, keptImage)))
    return createContainer({ ...client, ignoreCgroups: kept?.["ignoreCgroups"] === true }, keptImage, folder);

  const image = await makeImage(client, command).catch((error: unknown) => {
    throw unavailable(config, `its image cannot be made: ${toMessage(error)}`, remedies[config.command]);
  });
  let failure = "";
  for (const ignoreCgroups of config.runtime === "runsc" && config.command === "podman" ? [false, true] : [false]) {
    const wall = createContainer({ ...client, ignoreCgroups }, image, folder);
    const failed = await probeWall(wall, command, memoryMb);
    if (failed === undefined) {
      await writeProbe(stateDir, "container", key, { image, ignoreCgroups });
      return wall;
    }
    failure = failed;
  }
  throw unavailable(config, failure, remedies[config.command]);
}

async function makeImage(client: ContainerClient, command: WallUse["command"]): Promise<string> {
  const files = await listImageFiles([...(await listLibraries(command.program)), ...command.reads]);
  const image = `sluice-guest:${(await hashTar(files)).slice(0, 32)}`;
  if (!(await hasImage(client, image))) await importImage(client, image, toTar(files));
  return image;
}

/** Removes containers whose host has died. */
async function removeLeft(client: ContainerClient): Promise<void> {
  try {
    const format = `{{.ID}} {{.Label "${hostLabel}"}}`;
    const list = await runClient(client, ["ps", "--all", "--filter", `label=${hostLabel}`, "--format", format]);
    const left = list
      .trim()
      .split("\n")
      .map((line) => line.split(" "))
      .filter(([id = "", mark = ""]) => id !== "" && mark !== "" && toHostMark(Number.parseInt(mark, 10)) !== mark)
      .map(([id = ""]) => id);
    if (left.length > 0) await runClient(client, ["rm", "--force", ...left]);
  } catch {
    // What keeps it from working is said by what follows.
  }
}

const packages = { podman: "podman", docker: "docker.io" };
const remedies = {
  podman: "Try: podman info",
  docker: "Start its daemon (sudo systemctl start docker), and be in its group (sudo usermod -aG docker $USER)",
};

function unavailable({ command, runtime }: ContainerConfig, reason: string, hint?: string): SluiceError {
  return new SluiceError(
    "wall_unavailable",
    `The wall "container" (${command}, ${runtime}) cannot be used: ${reason}`,
    {
      hint: hint ?? `Set sandbox.wall to "auto"`,
    },
  );
}
