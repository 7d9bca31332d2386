import type { UsageRow } from "../../runtime/sluice.ts";
import { toUsageError } from "../arguments.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { openSluice, readConfig } from "../open.ts";

const groups = ["day", "server", "tool"] as const;
type Group = (typeof groups)[number];

/** `sluice stats`: what programs have used and spared. */
export const stats: Command = {
  usage: "stats",
  summary: "Show tokens, money and calls, used and spared.",
  positionalsMax: 0,
  options: {
    by: { type: "string", value: "WHAT", help: "day (the default), server or tool" },
    since: { type: "string", value: "DAY", help: "since a day: 2026-01-31" },
  },
  examples: ["sluice stats", "sluice stats --by tool --since 2026-01-01", "sluice stats --json"],
  async run(invocation) {
    const { terminal } = invocation;
    const by = groups.find((group) => group === (invocation.text("by") ?? "day"));
    if (by === undefined) throw toUsageError("stats", `--by is day, server or tool, not "${invocation.text("by")}"`);
    const since = invocation.text("since") ?? "";
    if (since !== "" && !/^\d{4}-\d\d-\d\d$/.test(since))
      throw toUsageError("stats", `--since is a day like 2026-01-31, not "${since.slice(0, 40)}"`);
    await using sluice = await openSluice(await readConfig(invocation), invocation);
    const rows = sluice.usage().filter(({ day }) => day >= since);
    const whole = sum(rows.filter(({ tool }) => tool === ""));
    const grouped = group(rows, by);
    if (invocation.flag("json")) {
      const total = { ...whole, day: undefined, tool: undefined, worthIt: whole.usdAvoided > 0 };
      terminal.json({ total, by, rows: grouped.map(([name, row]) => ({ ...row, name })) });
      return exitCodes.completed;
    }
    for (const [name, row] of grouped) terminal.out(by === "day" ? toDayLine(name, row) : toToolLine(name, row));
    terminal.out(toVerdict(whole));
    return exitCodes.completed;
  },
};

function group(rows: readonly UsageRow[], by: Group): [string, UsageRow][] {
  const groupsOf = new Map<string, UsageRow[]>();
  for (const row of rows) {
    // Executions are counted as wholes; what their tools did is beside it.
    if ((by === "day") !== (row.tool === "")) continue;
    const name = by === "day" ? row.day : by === "tool" ? row.tool : (row.tool.split(".", 1)[0] ?? "");
    groupsOf.set(name, [...(groupsOf.get(name) ?? []), row]);
  }
  return [...groupsOf].map(([name, all]) => [name, sum(all)]);
}

function sum(rows: readonly UsageRow[]): UsageRow {
  const total: UsageRow = {
    ...{ day: "", tool: "", executions: 0, calls: 0, failed: 0, bytes: 0, tokensIn: 0, tokensOut: 0, tokensAvoided: 0 },
    ...{ usd: 0, usdAvoided: 0, cpuMs: 0, durationMs: 0 },
  };
  for (const row of rows)
    for (const [name, value] of Object.entries(row)) if (typeof value === "number") total[name as "calls"] += value;
  return total;
}

const money = (usd: number): string => `$${usd.toFixed(4)}`;
const count = (value: number): string => Math.round(value).toLocaleString("en-US");

function toDayLine(day: string, row: UsageRow): string {
  const { executions, calls, tokensIn, tokensOut, tokensAvoided, usd, usdAvoided, cpuMs } = row;
  return `${day}  ${count(executions)} executions  ${count(calls)} calls  ${count(tokensIn + tokensOut)} tokens used, ${count(tokensAvoided)} avoided  ${money(usd)} spent, ${money(usdAvoided)} avoided  ${(cpuMs / 1_000).toFixed(1)} s of processor`;
}

function toToolLine(name: string, { calls, failed, bytes, usd, durationMs }: UsageRow): string {
  return `${name}  ${count(calls)} calls, ${count(failed)} failed  ${count(bytes)} bytes  ${count(calls === 0 ? 0 : durationMs / calls)} ms each  ${money(usd)}`;
}

function toVerdict({ executions, usd, usdAvoided, tokensAvoided }: UsageRow): string {
  if (executions === 0) return "Nothing has run yet";
  const difference = `${money(Math.abs(usdAvoided))} ${usdAvoided >= 0 ? "less" : "more"}`;
  return `${usdAvoided > 0 ? "Worth it" : "Not worth it so far"}: ${count(executions)} executions spent ${money(usd)}, ${difference} than direct calls (${count(tokensAvoided)} tokens fewer, by estimate)`;
}
