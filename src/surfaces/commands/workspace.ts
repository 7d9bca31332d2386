import type { Sluice } from "../../runtime/sluice.ts";
import { takeOne, takeSome, toUsageError } from "../arguments.ts";
import type { Command, Invocation } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { openSluice, readConfig } from "../open.ts";

/** `sluice workspace`: the files that programs keep. */
export const workspace: Command = {
  usage: "workspace [ls]\nworkspace cat PATH\nworkspace rm PATH…\nworkspace export FOLDER",
  summary: "List, show, remove or export the files of a workspace.",
  positionalsMax: 100,
  options: {},
  examples: ["sluice workspace", "sluice workspace cat leads.csv", "sluice workspace export ./out --workspace reports"],
  async run(invocation) {
    const [act = "ls", ...paths] = invocation.positionals;
    await using sluice = await openSluice(await readConfig(invocation), invocation);
    switch (act) {
      case "ls":
        return await list(sluice, invocation);
      case "cat":
        return await show(sluice, takeOne("workspace", paths, "cat needs one PATH"), invocation);
      case "rm":
        return await remove(sluice, paths, invocation);
      case "export":
        return await exportTo(sluice, takeOne("workspace", paths, "export needs one FOLDER"), invocation);
    }
    throw toUsageError("workspace", `Unknown: ${act}; give ls, cat, rm or export`);
  },
};

async function list(sluice: Sluice, invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const files = await sluice.workspace.list();
  if (invocation.flag("json")) terminal.json({ workspace: sluice.workspace.name, files });
  else
    for (const { path, bytes, changedAt } of files)
      terminal.out(`${String(bytes).padStart(10)}  ${changedAt.slice(0, 19).replace("T", " ")}  ${path}`);
  if (files.length === 0) terminal.note(`The workspace "${sluice.workspace.name}" is empty`);
  return exitCodes.completed;
}

async function show(sluice: Sluice, path: string, { terminal }: Invocation): Promise<number> {
  terminal.exact("stdout", await sluice.workspace.read(path));
  return exitCodes.completed;
}

async function remove(sluice: Sluice, paths: readonly string[], { terminal }: Invocation): Promise<number> {
  for (const path of takeSome("workspace", paths, "rm needs a PATH: see `sluice workspace`")) {
    await sluice.workspace.remove(path);
    terminal.note(`Removed ${path}`);
  }
  return exitCodes.completed;
}

async function exportTo(sluice: Sluice, folder: string, { terminal }: Invocation): Promise<number> {
  terminal.note(`Wrote ${await sluice.workspace.export(folder)} files to ${folder}`);
  return exitCodes.completed;
}
