import { parseWholeNumber, toUsageError } from "../arguments.ts";
import type { Command, Invocation } from "../command.ts";
import { askPerson } from "../ask-person.ts";
import { readInput } from "../input.ts";
import { noteReasons, openSluice, readConfig } from "../open.ts";
import { endWith } from "../print-outcome.ts";
import { watchProgress } from "../watch-progress.ts";

/** `sluice run`: runs a program to its end, and exits with how it ended. */
export const run: Command = {
  usage: "run FILE\nrun -e CODE\nrun -            (reads the program from stdin)",
  summary: "Run a program in the sandbox.",
  positionalsMax: 1,
  options: {
    eval: { type: "string", short: "e", value: "CODE", help: "the program itself" },
    timeout: { type: "string", value: "MS", help: "kill it after so many milliseconds; lowers the config's limit" },
    tools: { type: "string", value: "PATTERN,…", help: "it may call these tools only: gdrive.*,slack.sendMessage" },
    wait: { type: "boolean", help: "where nobody sits at the terminal, wait for `sluice approvals`" },
    "read-only": { type: "boolean", help: "it may not write to ./workspace" },
  },
  examples: [
    "sluice run report.ts",
    "sluice run -e 'return await gdrive.listFiles({})'",
    "sluice run --tools 'gdrive.*' --read-only --timeout 10000 --json report.ts",
    "cat report.ts | sluice run -",
  ],
  async run(invocation) {
    const code = await readProgram(invocation);
    const timeoutMs = parseWholeNumber("run", "timeout", invocation.text("timeout"), 1);
    const tools = parsePatterns(invocation.text("tools"));
    const { terminal, signal } = invocation;
    await using sluice = await openSluice(await readConfig(invocation), invocation);
    noteReasons(sluice, terminal);
    const result = await watch(async () =>
      sluice.executeCode(code, {
        signal,
        ...(timeoutMs !== undefined && { timeoutMs }),
        grant: {
          ...(tools !== undefined && { tools }),
          workspace: invocation.flag("read-only") ? "read-only" : "read-write",
        },
      }),
    );
    return endWith(result, invocation);

    async function watch<T>(work: () => Promise<T>): Promise<T> {
      using _progress = watchProgress(sluice, terminal);
      using _person = askPerson(sluice, terminal, invocation.flag("wait"));
      return await work();
    }
  },
};

async function readProgram(invocation: Invocation): Promise<string> {
  const code = invocation.text("eval");
  const path = invocation.positionals[0];
  if (code !== undefined && path !== undefined)
    throw toUsageError("run", "Both a file and -e CODE were given: give one");
  if (code !== undefined) return code === "-" ? await readInput("run", "-") : code;
  if (path === undefined) throw toUsageError("run", "No program was given: give a FILE, -e CODE, or - for stdin");
  return await readInput("run", path);
}

function parsePatterns(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const patterns = text.split(",").map((pattern) => pattern.trim());
  if (patterns.includes("")) throw toUsageError("run", `--tools has an empty pattern: ${JSON.stringify(text)}`);
  return patterns;
}
