import type { Command } from "./command.ts";

/** One command in the list: its module is loaded when it is run. */
export interface CommandEntry {
  summary: string;
  load(): Promise<Command>;
}

/** Every command, in the order help shows them. Loading lazily keeps `sluice serve` and `sluice tools` quick to start. */
export const commands: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  [
    "serve",
    { summary: "serve MCP over stdin and stdout", load: async () => (await import("./commands/serve.ts")).serve },
  ],
  ["run", { summary: "run a program", load: async () => (await import("./commands/run.ts")).run }],
  ["call", { summary: "call one tool", load: async () => (await import("./commands/call.ts")).call }],
  ["tools", { summary: "find or list tools", load: async () => (await import("./commands/tools.ts")).tools }],
  [
    "tree",
    {
      summary: "write the typed modules of every tool to a folder",
      load: async () => (await import("./commands/tree.ts")).tree,
    },
  ],
  [
    "runs",
    {
      summary: "see, continue, cancel or replay runs",
      load: async () => (await import("./commands/runs.ts")).runs,
    },
  ],
  [
    "workspace",
    {
      summary: "list, show, remove or export the files that programs keep",
      load: async () => (await import("./commands/workspace.ts")).workspace,
    },
  ],
  [
    "approvals",
    {
      summary: "see and answer what programs wait for",
      load: async () => (await import("./commands/approvals.ts")).approvals,
    },
  ],
  [
    "vault",
    {
      summary: "count, see or forget the values behind tokens",
      load: async () => (await import("./commands/vault.ts")).vault,
    },
  ],
  [
    "skills",
    {
      summary: "see, save, test and trust skills",
      load: async () => (await import("./commands/skills.ts")).skills,
    },
  ],
  [
    "stats",
    {
      summary: "show tokens, money and calls, used and spared",
      load: async () => (await import("./commands/stats.ts")).stats,
    },
  ],
  [
    "audit",
    { summary: "show which personal data flowed where", load: async () => (await import("./commands/audit.ts")).audit },
  ],
  [
    "doctor",
    {
      summary: "check the installation and every configured server",
      load: async () => (await import("./commands/doctor.ts")).doctor,
    },
  ],
  [
    "demo",
    {
      summary: "run the demo and count tokens against direct tool calling",
      load: async () => (await import("./commands/demo.ts")).demo,
    },
  ],
]);
