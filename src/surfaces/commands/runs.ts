import { toProgressText } from "../../runtime/program-host.ts";
import type { RunReport, Sluice } from "../../runtime/sluice.ts";
import { parseWholeNumber, takeOne, takeSome, toUsageError } from "../arguments.ts";
import { askPerson } from "../ask-person.ts";
import type { Command, Invocation } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { noteReasons, openSluice, readConfig } from "../open.ts";
import { endWith, printOutcome } from "../print-outcome.ts";
import { watchProgress } from "../watch-progress.ts";

const LISTED = 20;

/** `sluice runs`: programs that ran, of any process, and what can be done about them. */
export const runs: Command = {
  usage: "runs [ls]\nruns show ID\nruns resume ID\nruns cancel ID…\nruns replay ID\nruns rm ID…",
  summary: "See, continue, cancel or replay runs of programs.",
  positionalsMax: 100,
  options: {
    limit: { type: "string", value: "N", help: `with ls: so many of the latest; default ${LISTED}` },
    wait: { type: "boolean", help: "with resume: where nobody sits at the terminal, wait for `sluice approvals`" },
  },
  examples: ["sluice runs", "sluice runs resume run_1a2b3c4d5e", "sluice runs replay run_1a2b3c4d5e --json"],
  async run(invocation) {
    const [act = "ls", ...ids] = invocation.positionals;
    await using sluice = await openSluice(await readConfig(invocation), invocation);
    const one = (): string => takeOne("runs", ids, `${act} needs the ID of one run: see \`sluice runs\``);
    const some = (): readonly string[] => takeSome("runs", ids, `${act} needs the ID of a run: see \`sluice runs\``);
    switch (act) {
      case "ls":
        return list(sluice, invocation);
      case "show":
        return show(sluice, one(), invocation);
      case "resume":
        return await goOn(sluice, one(), invocation);
      case "replay":
        return await replay(sluice, one(), invocation);
      case "cancel":
        return cancel(sluice, some(), invocation);
      case "rm":
        return await remove(sluice, some(), invocation);
    }
    throw toUsageError("runs", `Unknown: ${act}; give ls, show, resume, cancel, replay or rm`);
  },
};

function list(sluice: Sluice, invocation: Invocation): number {
  const { terminal } = invocation;
  const limit = parseWholeNumber("runs", "limit", invocation.text("limit"), 1) ?? LISTED;
  const found = sluice.runs.list({ limit });
  if (invocation.flag("json")) terminal.json({ runs: found });
  else for (const run of found) terminal.out(toLine(run));
  if (found.length === 0) terminal.note("No run is kept");
  return exitCodes.completed;
}

function toLine({ id, createdAt, status, errorCode, isResumable, progress, calls }: RunReport): string {
  const why = errorCode === undefined ? "" : ` (${errorCode})`;
  const at = progress === undefined ? "" : `  ${toProgressText(progress)}`;
  const goesOn = isResumable ? "  can be resumed" : "";
  return `${id}  ${createdAt.slice(0, 19).replace("T", " ")}  ${status}${why}  ${calls} calls${at}${goesOn}`;
}

function show(sluice: Sluice, id: string, invocation: Invocation): number {
  const { terminal } = invocation;
  const run = sluice.runs.show(id);
  if (invocation.flag("json")) {
    terminal.json(run);
    return exitCodes.completed;
  }
  terminal.out(toLine(run));
  if (run.unrecorded !== undefined) terminal.out(`It cannot be continued or replayed: ${run.unrecorded}`);
  terminal.lines("stdout", `\n${run.code.trimEnd()}\n\n`, "  ");
  for (const { at, op, tool, errorCode } of run.steps)
    terminal.out([at, op, tool, errorCode].filter((part) => part !== undefined).join("  "));
  // A record is read, whoever reads it.
  if (run.outcome !== undefined)
    printOutcome(run.outcome, { ...terminal, exact: (stream, text) => terminal.lines(stream, text) });
  return exitCodes.completed;
}

async function goOn(sluice: Sluice, id: string, invocation: Invocation): Promise<number> {
  const { terminal, signal } = invocation;
  noteReasons(sluice, terminal);
  using _progress = watchProgress(sluice, terminal);
  using person = askPerson(sluice, terminal, invocation.flag("wait"));
  let result = await sluice.resume(id, { signal });
  // What waits in another process can be answered here too.
  while (!signal.aborted && result.pending?.some((question) => person.isAsked(question.id)) === true)
    result = await sluice.resume(id, { signal });
  return endWith(result, invocation);
}

async function replay(sluice: Sluice, id: string, invocation: Invocation): Promise<number> {
  noteReasons(sluice, invocation.terminal);
  return endWith(await sluice.runs.replay(id, { signal: invocation.signal }), invocation);
}

function cancel(sluice: Sluice, ids: readonly string[], invocation: Invocation): number {
  const { terminal } = invocation;
  const cancelled = ids.map((id) => sluice.runs.cancel(id));
  if (invocation.flag("json")) terminal.json({ cancelled });
  else
    for (const { id, isAlive } of cancelled)
      terminal.note(isAlive ? `Asked ${id} to end` : `Cancelled ${id}: it cannot be continued any more`);
  return exitCodes.completed;
}

async function remove(sluice: Sluice, ids: readonly string[], { terminal }: Invocation): Promise<number> {
  for (const id of ids) {
    await sluice.runs.remove(id);
    terminal.note(`Removed ${id}`);
  }
  return exitCodes.completed;
}
