import type { SearchAnswer, SearchDetail, SearchResult } from "../../runtime/outcome.ts";
import { parseWholeNumber, toUsageError } from "../arguments.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { openSluice, readConfig, whileFetching } from "../open.ts";
import type { Terminal } from "../terminal.ts";

/** `sluice tools`: finds or lists tools, with the servers stopped too. */
export const tools: Command = {
  usage: "tools [QUERY]",
  summary: "Find tools by what they do, or list all of them.",
  positionalsMax: 1,
  options: {
    server: { type: "string", value: "NAME", help: "only the tools of this server" },
    detail: { type: "string", value: "LEVEL", help: "name, summary (the default) or full: the typed module" },
    limit: { type: "string", value: "N", help: "at most so many; all by default" },
  },
  examples: [
    "sluice tools",
    "sluice tools 'send a message'",
    "sluice tools --server gdrive --detail full",
    "sluice tools lead --json",
  ],
  async run(invocation) {
    const { terminal } = invocation;
    const detail = parseDetail(invocation.text("detail"));
    const limit = parseWholeNumber("tools", "limit", invocation.text("limit"), 1) ?? Number.MAX_SAFE_INTEGER;
    const server = invocation.text("server");
    await using sluice = await openSluice(await readConfig(invocation), invocation);
    const query = invocation.positionals[0] ?? "";
    const options = { detail, limit, ...(server !== undefined && { server }) };
    const answer = await whileFetching(sluice, invocation, async () => await sluice.searchTools(query, options));
    if (invocation.flag("json")) terminal.out(JSON.stringify(answer, null, 2));
    else printAnswer(answer, terminal);
    const reached = sluice.servers().filter(({ state }) => state === "ready" || state === "known");
    return reached.length === 0 ? exitCodes.failed : exitCodes.completed;
  },
};

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
  terminal.out(terminal.paint("stdout", "bold", id));
  if (module !== undefined) {
    terminal.out(module);
    return;
  }
  if (summary !== undefined && summary !== "") terminal.out(`  ${summary}`);
  if (signature !== undefined) terminal.out(`  ${terminal.paint("stdout", "dim", signature)}`);
}
