import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { basename, resolve } from "node:path";
import { SluiceError, toMessage } from "../../base/errors.ts";
import type { SavedSkill, SkillReport, SkillStats, SkillTestReport, Sluice } from "../../runtime/sluice.ts";
import { toUsageError } from "../arguments.ts";
import type { Command, Invocation } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { openSluice, readConfig, whileFetching } from "../open.ts";
import { paint } from "../terminal.ts";

/** What one act takes: its positional arguments by name. */
const acts: Readonly<Record<string, readonly string[]>> = {
  ls: [],
  show: ["NAME"],
  add: ["FOLDER or FILE"],
  test: ["NAME"],
  trust: ["NAME"],
  rename: ["NAME", "a new NAME"],
  restore: ["NAME", "VERSION"],
  rm: ["NAME"],
  export: ["NAME", "FOLDER"],
  import: ["FOLDER"],
  stats: [],
  promote: ["RUN_ID"],
};

/** `sluice skills`: programs that were saved, and what a person decides about them. */
export const skills: Command = {
  usage:
    "skills [ls]\nskills show NAME\nskills add FOLDER | FILE --description TEXT\nskills test NAME [--live]\nskills trust NAME\n" +
    "skills rename NAME NEW_NAME\nskills rm NAME\nskills restore NAME VERSION\nskills export NAME FOLDER\nskills import FOLDER\nskills stats\n" +
    "skills promote RUN_ID --name NAME --description TEXT",
  summary: "See, save, test and trust skills.",
  positionalsMax: 3,
  options: {
    description: { type: "string", value: "TEXT", help: "what it does and when to use it: for add FILE and promote" },
    name: { type: "string", value: "NAME", help: "its name: for add FILE and promote" },
    live: { type: "boolean", help: "with test: really call its tools, and record what they answer" },
  },
  examples: [
    "sluice skills",
    "sluice skills add ./save-sheet-as-csv",
    "sluice skills test save-sheet-as-csv --live",
    "sluice skills trust save-sheet-as-csv",
    "sluice skills promote run_0123456789 --name list-open-orders --description 'Lists the open orders of a customer.'",
  ],
  async run(invocation) {
    const [act = "ls", ...given] = invocation.positionals;
    const wanted = Object.hasOwn(acts, act) ? acts[act] : undefined;
    if (wanted === undefined)
      throw toUsageError("skills", `Unknown: ${act.slice(0, 60)}; give ${Object.keys(acts).join(", ")}`);
    if (given.length !== wanted.length)
      throw toUsageError("skills", `${act} takes ${wanted.length === 0 ? "nothing more" : wanted.join(" and ")}`);
    await using sluice = await openSluice(await readConfig(invocation), invocation);
    const [first = "", second = ""] = given;
    return await whileFetching(sluice, invocation, () => runAct(sluice, act, [first, second], invocation));
  },
};

async function runAct(
  sluice: Sluice,
  act: string,
  [name, other]: readonly [string, string],
  invocation: Invocation,
): Promise<number> {
  const by = userInfo().username;
  const { terminal } = invocation;
  const print = (value: object, ...lines: string[]): number => {
    if (invocation.flag("json")) terminal.json(value);
    else for (const line of lines) terminal.out(line);
    return exitCodes.completed;
  };
  const saved = (skill: SavedSkill): number => print(skill, ...toSavedLines(skill));
  switch (act) {
    case "show":
      return show(sluice, name, invocation);
    case "add":
      return saved(await add(sluice, name, by, invocation));
    case "import":
      return saved(await sluice.skills.add(resolve(name), by));
    case "test":
      return test(sluice, name, invocation);
    case "trust":
      return print(await sluice.skills.trust(name, by), `Trusted: ${name}`);
    case "rename":
      return saved(await sluice.skills.rename(name, other, by));
    case "rm":
      await sluice.skills.remove(name, by);
      return print({ removed: name }, `Removed ${name}`);
    case "restore":
      if (!/^[1-9]\d{0,8}$/.test(other))
        throw toUsageError("skills", "VERSION is a number; `sluice skills show NAME` lists those that are kept");
      return saved(await sluice.skills.restore(name, Number(other), by));
    case "export": {
      const folder = await sluice.skills.export(name, resolve(other));
      return print({ folder }, `Wrote ${folder}`);
    }
    case "stats": {
      const used = sluice.skills.stats();
      return print(used, ...toStatsLines(used));
    }
    case "promote": {
      const promoted = await sluice.skills.promote(name, {
        ...{ name: needOption(invocation, "name"), description: needOption(invocation, "description"), by },
      });
      return print(promoted, ...promoted.code.split("\n"), ...toSavedLines(promoted), toTestText(promoted.test));
    }
  }
  const reports = await sluice.skills.list();
  if (reports.length === 0 && !invocation.flag("json")) terminal.note("No skill has been saved");
  return print({ skills: reports }, ...reports.flatMap(toLines));
}

async function show(sluice: Sluice, name: string, invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const shown = await sluice.skills.show(name);
  if (invocation.flag("json")) {
    terminal.json(shown);
    return exitCodes.completed;
  }
  for (const line of toLines(shown)) terminal.out(line);
  for (const [path, text] of Object.entries(shown.files)) {
    terminal.out(`── ${path}`);
    // None of its lines stands where one of ours does.
    terminal.lines("stdout", text.trimEnd(), "  ");
  }
  for (const { version, folder } of shown.versions) terminal.out(`version ${version}: ${folder}`);
  return exitCodes.completed;
}

async function add(sluice: Sluice, path: string, by: string, invocation: Invocation): Promise<SavedSkill> {
  const place = resolve(path);
  if (!existsSync(place)) throw toUsageError("skills", `There is no file or folder ${path}`);
  if (statSync(place).isDirectory()) return await sluice.skills.add(place, by);
  const name = invocation.text("name") ?? basename(place).replace(/\.[jt]s$/, "");
  const description = needOption(invocation, "description");
  return await sluice.skills.save({ name, description, code: await readText(place) }, by);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new SluiceError("usage", `Cannot read ${path}: ${toMessage(error)}`);
  }
}

async function test(sluice: Sluice, name: string, invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const report = await sluice.skills.test(name, { live: invocation.flag("live") });
  if (invocation.flag("json")) terminal.json(report);
  else if (report.ok) terminal.out(toTestText(report, invocation.flag("live")));
  else terminal.note(paint("red", "failed"), `: ${toTestText(report)}`);
  return report.ok ? exitCodes.completed : exitCodes.failed;
}

function toTestText({ name, ok, ran, calls, message = "" }: SkillTestReport, isLive = false): string {
  if (!ok) return `The ${ran} of ${name} did not pass: ${message}`;
  return `Passed: the ${ran} of ${name}, ${calls} calls ${isLive ? "recorded" : "answered from the record"}`;
}

function needOption(invocation: Invocation, name: "name" | "description"): string {
  const value = invocation.text(name);
  if (value !== undefined && value.trim() !== "") return value;
  throw toUsageError(
    "skills",
    `--${name} is missing${name === "description" ? ": say what it does and when to use it" : ""}`,
  );
}

function toSavedLines({ name, version, trust, signature, tools }: SavedSkill): string[] {
  return [
    `Saved ${name}, version ${version}, ${trust}`,
    ...(signature === "" ? [] : [signature]),
    ...(tools.length === 0 ? [] : [`It calls ${tools.join(", ")}`]),
  ];
}

function toLines({
  name,
  trust,
  version,
  signature,
  description,
  outdated,
  importsChanged,
  isTested,
  isShared,
  workspace,
  problem,
}: SkillReport): string[] {
  const marks = [
    version === undefined ? "" : `v${version}`,
    isTested ? "tested" : "",
    isShared ? "shared" : "",
    workspace === undefined ? "" : `of the workspace ${workspace}`,
    outdated.length > 0 ? `outdated: ${outdated.join(", ")}` : "",
    importsChanged.length > 0 ? `changed since its test: ${importsChanged.join(", ")}` : "",
    problem ?? "",
  ].filter((mark) => mark !== "");
  return [
    `${name}  ${trust}${marks.length === 0 ? "" : ` (${marks.join("; ")})`}  ${signature ?? ""}`,
    `    ${description}`,
  ];
}

function toStatsLines({ skills: used, growth }: SkillStats): string[] {
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const lines = used.map(
    (one) =>
      `${one.name}  ${one.uses} uses, ${percent(one.successRate)} completed, about ${one.tokensSaved} tokens and ${one.secondsSaved} s of writing saved`,
  );
  const stages = growth.map(
    ({ runs, executions, share, codeTokensEach }) =>
      `runs ${runs}  ${executions} executions, ${percent(share)} called a skill, about ${codeTokensEach} tokens of code each`,
  );
  return [...(lines.length === 0 ? ["No skill has been used"] : lines), ...stages];
}
