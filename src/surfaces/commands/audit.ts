import { errorCodes } from "../../base/errors.ts";
import { toNearest } from "../../base/nearest.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { AuditFilter } from "../../runtime/sluice.ts";
import { toUsageError } from "../arguments.ts";
import type { Command, Invocation } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { openSluice, readConfig } from "../open.ts";

/** `sluice audit`: what was done, whether the record of it is whole, and which personal data flowed where. */
export const audit: Command = {
  usage: "audit [edges | verify]",
  summary: "Show what was done, and whether the record of it is whole.",
  positionalsMax: 1,
  options: {
    since: { type: "string", value: "TIME", help: "since a time: 30m, 24h, 7d, or 2026-01-31T12:00Z" },
    server: { type: "string", value: "KEY", help: "of one server" },
    tool: { type: "string", value: "ADDRESS", help: "of one tool" },
    execution: { type: "string", value: "ID", help: "of one execution" },
    status: { type: "string", value: "STATUS", help: "ok, failed, or an error code or status." },
    follow: { type: "boolean", help: "go on with what is recorded from now on" },
  },
  examples: [
    "sluice audit --since 1h --status failed",
    "sluice audit --execution run_0123456789 --json",
    "sluice audit verify",
    "sluice audit edges --json",
  ],
  async run(invocation) {
    const [what] = invocation.positionals;
    if (what === "edges") return showEdges(invocation);
    if (what === "verify") return verify(invocation);
    if (what !== undefined) throw toUsageError("audit", "Say what of it: edges, verify, or nothing for its records");
    return showRecords(invocation);
  },
};

async function showEdges(invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  await using sluice = await openSluice(await readConfig(invocation), invocation);
  const edges = await sluice.edges();
  if (invocation.flag("json")) terminal.json({ edges });
  else
    for (const { from, to, class: name, verdict, calls, tokens } of edges)
      terminal.out(`${from.join(", ") || "?"} → ${to}  ${name}  ${verdict}  ${tokens} values in ${calls} calls`);
  if (edges.length === 0) terminal.note("No personal data has gone to any tool");
  return exitCodes.completed;
}

async function verify(invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  await using sluice = await openSluice(await readConfig(invocation), invocation);
  const verification = sluice.verifyAudit();
  const { intact, segments, records, problems } = verification;
  if (invocation.flag("json")) terminal.json(verification);
  else {
    for (const { file, line, problem } of problems)
      terminal.out(`${file}${line === undefined ? "" : `:${line}`}: ${problem}`);
    terminal.out(
      intact
        ? `${records} records in ${segments} segments are as they were written`
        : `${problems.length} of what was written is not as it was`,
    );
  }
  return intact ? exitCodes.completed : exitCodes.failed;
}

async function showRecords(invocation: Invocation): Promise<number> {
  const { terminal, signal } = invocation;
  const filter: AuditFilter = {
    ...toFilter(invocation),
    ...(invocation.flag("follow") ? { follow: true } : {}),
    onUnreadable: (segment) =>
      terminal.note(`${segment} has what cannot be read, and was left out: see \`sluice audit verify\``),
    signal,
  };
  await using sluice = await openSluice(await readConfig(invocation), invocation);
  let shown = 0;
  for await (const record of sluice.auditRecords(filter)) {
    shown += 1;
    terminal.out(invocation.flag("json") ? JSON.stringify(record) : toLine(record));
  }
  if (shown === 0) terminal.note("Nothing of that kind was recorded");
  return exitCodes.completed;
}

function toFilter(invocation: Invocation): AuditFilter {
  const since = invocation.text("since");
  const server = invocation.text("server");
  const tool = invocation.text("tool");
  const executionId = invocation.text("execution");
  const status = toStatus(invocation.text("status"));
  return {
    ...(since === undefined ? {} : { since: toTime(since) }),
    ...(server === undefined ? {} : { server }),
    ...(tool === undefined ? {} : { tool }),
    ...(executionId === undefined ? {} : { executionId }),
    ...(status === undefined ? {} : { status }),
  };
}

const statuses = ["ok", "failed", "denied", "completed", "killed", "paused"];

function toStatus(status: string | undefined): string | undefined {
  const known = [...statuses, ...Object.keys(errorCodes)];
  if (status === undefined || known.includes(status)) return status;
  const nearest = toNearest(status, known);
  const guess = nearest === undefined ? `: ${statuses.join(", ")}, or an error code` : `; did you mean "${nearest}"?`;
  throw toUsageError("audit", `--status has no value "${status.slice(0, 40)}"${guess}`);
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function toTime(text: string): number {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const time = count === undefined ? Date.parse(text) : Date.now() - Number(count) * (units[unit] ?? 0);
  if (Number.isNaN(time))
    throw toUsageError("audit", `--since is a time like 30m, 24h, 7d or 2026-01-31T12:00Z, not "${text.slice(0, 40)}"`);
  return time;
}

const chained = new Set(["segment", "seq", "prev", "hash", "time", "kind", "executionId"]);

/** One record as a line: when, what, whose, and its members. */
function toLine(record: JsonObject): string {
  const members = Object.entries(record)
    .filter(([name, value]) => !chained.has(name) && value !== undefined)
    .map(
      ([name, value]) =>
        `${name}=${isJsonObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value)}`,
    );
  const { time, kind, executionId } = record;
  return [time, kind, executionId ?? "", ...members].map(String).join("  ");
}
