import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SluiceError } from "../../base/errors.ts";
import { toVisibleLine } from "../../base/unseen.ts";
import type { DefinitionFlag, HealthCheck, ServerReport, Sluice } from "../../runtime/sluice.ts";
import type { Config } from "../../config/config.ts";
import type { Command, Invocation } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { checkNode, checkProgram, checkSetpriv } from "../machine-checks.ts";
import { openSluice, readConfig } from "../open.ts";
import { type Part, paint, type Terminal } from "../terminal.ts";

/** `sluice doctor`: tries everything that programs need, and says what to do about what does not work. */
export const doctor: Command = {
  usage: "doctor",
  summary: "Check the installation and start every configured server once.",
  positionalsMax: 0,
  options: {},
  examples: ["sluice doctor", "sluice doctor --config ./sluice.config.json --json"],
  async run(invocation) {
    const { terminal, signal } = invocation;
    const asJson = invocation.flag("json");
    const checks: HealthCheck[] = [];
    const add = (check: HealthCheck): void => {
      checks.push(check);
      if (!asJson) printCheck(check, terminal);
    };
    add(checkNode());
    await using folder = await createFolder();
    const config = await readConfig(invocation).catch(async (error: unknown) => {
      // Whoever has none yet asks what this machine can do.
      if (!(error instanceof SluiceError) || error.code !== "config_not_found") throw error;
      add(toFailedCheck("config", error));
      if (!asJson) terminal.out("  What follows is checked with the defaults, and no server");
      const { parseConfig } = await import("../../config/parse-config.ts");
      return parseConfig({ mcpServers: {} }, { directory: folder.path, env: {} });
    });
    if (config.file !== undefined) add({ name: "config", ok: true, detail: config.file });
    if (!asJson) for (const note of config.notes) terminal.out(`  note: ${note}`);
    add(await checkSetpriv());

    const servers: ServerReport[] = [];
    const flagged: DefinitionFlag[] = [];
    try {
      await using sluice = await openSluice(config, invocation);
      for (const check of (await sluice.health?.()) ?? []) add(check);
      add(await checkProgram(sluice, signal));
      if (!asJson) terminal.progress(`Starting ${config.servers.length} servers`);
      servers.push(...(await startServers(sluice, signal)));
      flagged.push(...(await sluice.flaggedDefinitions()));
      add(await checkPins(sluice));
      add({
        name: "approvals",
        ok: true,
        detail: sluice.approvalSecret.isSet()
          ? "a yes at a terminal, and every yes for always, asks for a secret; the client's dialog and the webhook's page say one for once without it"
          : "no secret is set: who has a shell as you can say yes in your name (`sluice approvals secret`)",
      });
    } catch (error) {
      // What keeps Sluice from opening (a state directory, a store) is what doctor is asked about.
      if (!(error instanceof SluiceError)) throw error;
      add(toFailedCheck(error.code, error));
      if (error.code.startsWith("wall_")) for (const check of await checkWallsOnly(config, invocation)) add(check);
    }
    if (!asJson) for (const server of servers) printServer(server, terminal);
    if (!asJson) for (const flag of flagged) printFlag(flag, terminal);

    const ok = checks.every((check) => check.ok) && servers.every(isUsable);
    if (asJson) terminal.json({ ok, checks, servers, flagged, notes: config.notes });
    else terminal.out(ok ? paint("green", "All usable") : paint("red", "Something needs attention"));
    return ok ? exitCodes.completed : exitCodes.failed;
  },
};

function toFailedCheck(name: string, { message, hint }: SluiceError): HealthCheck {
  return { name, ok: false, detail: message, ...(hint !== undefined && { remedy: hint }) };
}

/** Of a config whose own wall cannot be had: which can. */
async function checkWallsOnly(config: Config, invocation: Invocation): Promise<HealthCheck[]> {
  const sandbox: Config["sandbox"] = { ...config.sandbox, wall: "none", floor: "none" };
  await using sluice = await openSluice({ ...config, sandbox, servers: [] }, invocation);
  return ((await sluice.health?.()) ?? []).filter(({ name }) => name.startsWith("wall "));
}

/** An empty folder for the state of a check, removed with all that is in it. */
async function createFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "sluice-doctor-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Starts every server, all at once, and says how long each took. */
async function startServers(sluice: Sluice, signal: AbortSignal): Promise<ServerReport[]> {
  const reports = sluice.servers().map(async (known) => {
    if (known.state === "disabled") return known;
    const startedAt = performance.now();
    const [report = known] = await sluice.refresh({ servers: [known.key], signal });
    return { ...report, ms: report.ms ?? performance.now() - startedAt };
  });
  return await Promise.all(reports);
}

/** Whether every tool is what was pinned; what has changed is shown. */
async function checkPins(sluice: Sluice): Promise<HealthCheck> {
  try {
    const changed = await sluice.changedDefinitions();
    if (changed.length === 0) return { name: "definitions", ok: true, detail: "every tool is as it was pinned" };
    const detail = changed.flatMap(({ address, diff }) => [
      `${address} has changed`,
      ...diff.map((line) => `  ${toVisibleLine(line)}`),
    ]);
    const remedy = "Read what has changed, then accept it: sluice tools --accept PATTERN";
    return { name: "definitions", ok: false, detail: detail.join("\n  "), remedy };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return toFailedCheck("definitions", error);
  }
}

/** A server that the config switches off is as it should be; one that lacks a variable is not. */
function isUsable({ state, isBroken }: ServerReport): boolean {
  switch (state) {
    case "ready":
    case "known":
      return true;
    case "disabled":
      return isBroken !== true;
    case "unknown":
    case "failed":
      return false;
  }
}

function printCheck({ name, ok, isUsable: usable, detail, remedy }: HealthCheck, terminal: Terminal): void {
  const mark = usable === false ? "-   " : toMark(ok);
  const [first = "", ...rest] = detail.split("\n");
  terminal.out(mark, ` ${name}: ${first}`);
  for (const line of rest) terminal.out(line);
  if (remedy !== undefined) terminal.out(`  remedy: ${remedy}`);
}

function printServer(server: ServerReport, terminal: Terminal): void {
  const { key, state, tools, reason, problems, protocol, breaker, ms } = server;
  const facts = [state, `${tools} tools`];
  if (protocol !== undefined) facts.push(`protocol ${protocol}`);
  if (breaker !== undefined)
    facts.push(`breaker ${breaker.state}, next try ${new Date(breaker.retryAt).toISOString()}`);
  if (ms !== undefined) facts.push(`${Math.round(ms)} ms`);
  terminal.out(toMark(isUsable(server)), ` server ${key}: ${facts.join(", ")}`);
  if (reason !== undefined) terminal.out(`  ${reason}`);
  for (const problem of problems) terminal.out(`  problem: ${problem}`);
}

/** Not a fault: a person should read the place. */
function printFlag({ address, kind, path, text }: DefinitionFlag, terminal: Terminal): void {
  terminal.out(paint("yellow", "note"), ` ${address} ${kind}: ${path}: ${text}`);
}

function toMark(ok: boolean): Part {
  return ok ? paint("green", "ok  ") : paint("red", "FAIL");
}
