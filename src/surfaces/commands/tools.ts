import type { SearchAnswer, SearchDetail, SearchResult } from "../../runtime/outcome.ts";
import { parseWholeNumber, toUsageError } from "../arguments.ts";
import type { Command, Invocation } from "../command.ts";
import type { DefinitionChange, Sluice } from "../../runtime/sluice.ts";
import { exitCodes } from "../exit-code.ts";
import { openSluice, readConfig, whileFetching } from "../open.ts";
import { paint, type Terminal } from "../terminal.ts";

/** `sluice tools`: finds or lists tools, with the servers stopped too. */
export const tools: Command = {
  usage: "tools [QUERY]",
  summary: "Find tools by what they do, or list all of them.",
  positionalsMax: 1,
  options: {
    server: { type: "string", value: "NAME", help: "only the tools of this server" },
    detail: { type: "string", value: "LEVEL", help: "name, summary (the default) or full: the typed module" },
    limit: { type: "string", value: "N", help: "at most so many; all by default" },
    learned: { type: "boolean", help: "what results have taught about outputs; QUERY is a pattern: gdrive.*" },
    changed: {
      type: "boolean",
      help: "those whose definition is no longer the pinned one, with what changed; QUERY is a pattern",
    },
    accept: { type: "boolean", help: "pin those that match the pattern QUERY as they are now" },
    reset: { type: "boolean", help: "with --learned: forget it" },
  },
  examples: [
    "sluice tools",
    "sluice tools 'send a message'",
    "sluice tools --server gdrive --detail full",
    "sluice tools lead --json",
    "sluice tools --learned",
    "sluice tools 'gdrive.*' --learned --reset",
    "sluice tools --changed",
    "sluice tools --accept 'gdrive.*'",
  ],
  async run(invocation) {
    const { terminal } = invocation;
    const detail = parseDetail(invocation.text("detail"));
    const limit = parseWholeNumber("tools", "limit", invocation.text("limit"), 1) ?? Number.MAX_SAFE_INTEGER;
    const server = invocation.text("server");
    await using sluice = await openSluice(await readConfig(invocation), invocation);
    const query = invocation.positionals[0] ?? "";
    if (invocation.flag("learned")) return await showLearned(sluice, query, invocation);
    if (invocation.flag("accept")) return await acceptChanged(sluice, query, invocation);
    if (invocation.flag("changed")) return await showChanged(sluice, query, invocation);
    if (invocation.flag("reset")) throw toUsageError("tools", "--reset needs --learned");
    const options = { detail, limit, ...(server !== undefined && { server }) };
    const answer = await whileFetching(sluice, invocation, async () => await sluice.searchTools(query, options));
    if (invocation.flag("json")) terminal.json(answer);
    else printAnswer(answer, terminal);
    // A server that has nothing of it may be a name that nobody has.
    if (server !== undefined && answer.total === 0) return exitCodes.failed;
    const reached = sluice.servers().filter(({ state }) => state === "ready" || state === "known");
    return reached.length === 0 ? exitCodes.failed : exitCodes.completed;
  },
};

/** The tools that are no longer what was pinned. */
async function showChanged(sluice: Sluice, query: string, invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const changed = await sluice.changedDefinitions(query === "" ? {} : { tools: [query] });
  if (invocation.flag("json")) terminal.json({ changed });
  else printChanges(changed, terminal);
  if (changed.length === 0) terminal.note("Every definition is the pinned one");
  else terminal.note("Accept with `sluice tools --accept PATTERN`");
  return exitCodes.completed;
}

/** Pins tools as they are now; which ones must be said. */
async function acceptChanged(sluice: Sluice, query: string, invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  if (query === "") throw toUsageError("tools", "--accept needs a pattern: an address, 'crm.*', or '*' for all");
  const accepted = await sluice.acceptDefinitions({ tools: [query] });
  if (invocation.flag("json")) terminal.json({ accepted });
  else printChanges(accepted, terminal);
  terminal.note(accepted.length === 0 ? "Nothing to accept" : `Accepted ${accepted.length}`);
  return exitCodes.completed;
}

function printChanges(changes: readonly DefinitionChange[], terminal: Terminal): void {
  for (const { address, diff } of changes) {
    terminal.out(paint("bold", address));
    for (const line of diff) terminal.out(`  ${line}`);
  }
}

const LEARNED_SHOWN = 10;

/** What results have taught, or the forgetting of it. */
async function showLearned(sluice: Sluice, query: string, invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const options = query === "" ? {} : { tools: [query] };
  if (invocation.flag("reset")) {
    const forgotten = await sluice.forgetLearnedTypes(options);
    if (invocation.flag("json")) terminal.json({ forgotten });
    else terminal.note(`Forgot ${forgotten} learned ${forgotten === 1 ? "type" : "types"}`);
    return exitCodes.completed;
  }
  const learned = await sluice.learnedTypes(options);
  if (invocation.flag("json")) {
    terminal.json({ learned });
    return exitCodes.completed;
  }
  for (const { address, type, isDeclared, calls, firstAt, lastAt, changes } of learned) {
    terminal.out(paint("bold", address));
    terminal.out(`  ${type}`);
    const days = [...new Set([firstAt, lastAt].map((at) => new Date(at).toISOString().slice(0, 10)))].join(" to ");
    const results = `${calls} ${calls === 1 ? "call" : "calls"}, ${days}`;
    const source = isDeclared ? `declared; not so in ${results}` : `from ${results}`;
    terminal.out(paint("dim", `  ${source}`));
    for (const { at, what } of changes) terminal.out(`  ${new Date(at).toISOString().slice(0, 10)} ${what}`);
  }
  if (learned.length === 0) terminal.note(await toNothingLearned(sluice, query));
  return exitCodes.completed;
}

/** Why nothing is shown: a pattern that matches no tool, no learned type, or no call yet. */
async function toNothingLearned(sluice: Sluice, query: string): Promise<string> {
  const all = await sluice.learnedTypes();
  if (all.length === 0) return "Nothing is learned yet: a tool's output is learned from its calls";
  const shown = all.slice(0, LEARNED_SHOWN).map(({ address }) => address);
  const more = all.length > shown.length ? ` and ${all.length - shown.length} more` : "";
  return `Nothing is learned of ${query}; something is of ${shown.join(", ")}${more}`;
}

function parseDetail(text: string | undefined): SearchDetail {
  switch (text) {
    case undefined:
      return "summary";
    case "name":
    case "summary":
    case "full":
      return text;
  }
  throw toUsageError("tools", `--detail must be name, summary or full, got ${JSON.stringify(text)}`);
}

function printAnswer({ results, total, truncated, hint }: SearchAnswer, terminal: Terminal): void {
  for (const result of results) printResult(result, terminal);
  if (truncated) terminal.note(`${results.length} of ${total}`);
  if (hint !== undefined) terminal.note(hint);
  if (results.length === 0 && hint === undefined) terminal.note("No tools");
}

function printResult({ id, summary, signature, module }: SearchResult, terminal: Terminal): void {
  terminal.out(paint("bold", id));
  if (module !== undefined) {
    terminal.lines("stdout", module, "  ");
    return;
  }
  if (summary !== undefined && summary !== "") terminal.out(`  ${summary}`);
  if (signature !== undefined) terminal.out("  ", paint("dim", signature));
}
