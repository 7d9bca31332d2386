import { resolve } from "node:path";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { toNearest } from "../base/nearest.ts";
import type {
  Config,
  HostRule,
  AuditConfig,
  BudgetConfig,
  NetworkConfig,
  NotifyConfig,
  PolicyConfig,
  PolicyVerdict,
  PrivacyConfig,
  SandboxConfig,
  ServerConfig,
} from "./config.ts";
import { budgetKeys, checkModel } from "./budget.ts";
import { parseHostRule } from "./hosts.ts";
import { toJournal } from "./journal.ts";
import {
  breakerIntegers,
  retryIntegers,
  configKeys,
  networkKeys,
  sandboxIntegers,
  verdicts,
  type Key,
  type SectionKey,
} from "./keys.ts";
import { checkPrivacyNames, toClasses } from "./privacy.ts";
import { checkPattern, Problems, toGot, toPathText, type ConfigPath, type LineOf } from "./problems.ts";
import { parseServers, type ConfigContext } from "./servers.ts";
import { toSkills } from "./skills.ts";
import { toWorkspaces } from "./workspaces.ts";
import { substitute, type Environment } from "./variables.ts";

/** Where a config comes from, for its relative paths, its variables and its errors. */
export interface ParseConfigOptions {
  /** Absolute path of the file, if it was one. */
  file?: string;
  /** Absolute; relative paths are relative to it. */
  directory: string;
  env: Environment;
  /** The line of a place in the file, for the errors. */
  lineOf?: LineOf;
}

/** A config that was loaded before, or what a user writes. Throws as `parseConfig` does. */
export function toConfig(configuration: Config | JsonObject | undefined): Config {
  // A loaded one has its servers as a list; what a user writes has `mcpServers`.
  const loaded = configuration as Partial<Config> | null | undefined;
  if (Array.isArray(loaded?.servers) && typeof loaded.stateDir === "string") return configuration as Config;
  return parseConfig(configuration, { directory: process.cwd(), env: process.env });
}

/**
 * Reads an unknown value as a config: checked, variables replaced, paths absolute, defaults filled in. Throws
 * `config_invalid` or `config_not_enforced` with every problem in it.
 */
export function parseConfig(value: unknown, options: ParseConfigOptions): Config {
  const problems = new Problems(options.file ?? "the config", options.lineOf);
  const context: ConfigContext = { problems, notes: [], env: options.env, directory: resolve(options.directory) };
  if (!isJsonObject(value)) {
    problems.add([], `expected an object like { "mcpServers": {} }, got ${toGot(value)}`);
    problems.throwIfAny();
  }
  const read = new Map<string, unknown>();
  readSection(configKeys, value, [], context, read);
  if (isJsonObject(value) && !["mcpServers", ...renamed.keys()].some((name) => Object.hasOwn(value, name))) {
    problems.add([], '"mcpServers" is missing; the smallest config is { "mcpServers": {} }');
  }
  problems.throwIfAny();

  const servers = (read.get("mcpServers") ?? []) as ServerConfig[];
  const tools = (read.get("policy.tools") ?? {}) as Record<string, PolicyVerdict>;
  const expose = (read.get("expose") ?? []) as string[];
  const keys = servers.map((server) => server.key);
  noteUnmatched(Object.keys(tools), ["policy", "tools"], keys, context);
  noteUnmatched(expose, ["expose"], keys, context);
  const network = Object.fromEntries(
    Object.keys(networkKeys).map((name) => [name, read.get(`sandbox.network.${name}`)]),
  ) as unknown as NetworkConfig;
  const integers = Object.keys(sandboxIntegers).map((name) => [name, read.get(`sandbox.${name}`)]);
  const policy = toPolicy(read, tools, keys, context);
  const notify = toNotify(read, context);
  const skills = toSkills(read, context);
  const workspaces = toWorkspaces(read, problems);
  problems.throwIfAny();
  const walls = {
    wall: read.get("sandbox.wall"),
    floor: read.get("sandbox.floor"),
    container: { command: read.get("sandbox.container.command"), runtime: read.get("sandbox.container.runtime") },
  };
  return {
    ...(options.file === undefined ? {} : { file: options.file }),
    servers,
    stateDir: read.get("stateDir") as string,
    ...workspaces,
    // Every key of the table was read or has its default, and the table has every key of the type.
    sandbox: {
      ...Object.fromEntries(integers),
      engine: read.get("sandbox.engine"),
      trusted: read.get("sandbox.trusted"),
      ...walls,
      network,
    } as SandboxConfig,
    policy,
    privacy: toPrivacy(read, keys, context),
    approvals: { waitMs: read.get("approvals.waitMs") as number, ...(notify === undefined ? {} : { notify }) },
    audit: {
      content: read.get("audit.content") as AuditConfig["content"],
      keepBytes: read.get("audit.keepBytes") as number,
    },
    journal: toJournal(read),
    skills,
    expose,
    notes: context.notes,
  };
}

function toPolicy(
  read: ReadonlyMap<string, unknown>,
  tools: PolicyConfig["tools"],
  keys: readonly string[],
  context: ConfigContext,
): PolicyConfig {
  const of = (name: string): unknown => read.get(`policy.${name}`);
  const limits = of("limits") as PolicyConfig["limits"];
  const retried = of("retry.tools") as PolicyConfig["retry"]["tools"];
  const patterns = Object.keys(limits).filter((name) => name.includes("."));
  const servers = Object.keys(limits).filter((name) => !name.includes("."));
  noteUnmatched([...patterns, ...Object.keys(retried)], ["policy", "limits"], keys, context);
  noteUnmatched(
    servers.filter((name) => name !== "*").map((name) => `${name}.*`),
    ["policy", "limits"],
    keys,
    context,
  );
  const integers = (section: string, names: object): object =>
    Object.fromEntries(Object.keys(names).map((name) => [name, of(`${section}.${name}`)]));
  return {
    tools,
    alerts: of("alerts") as PolicyConfig["alerts"],
    flows: of("flows") as PolicyConfig["flows"],
    preset: of("preset") as PolicyConfig["preset"],
    programs: of("programs") as PolicyConfig["programs"],
    definitions: of("definitions") as PolicyConfig["definitions"],
    limits,
    retry: { ...integers("retry", retryIntegers), tools: retried } as PolicyConfig["retry"],
    breaker: integers("breaker", breakerIntegers) as PolicyConfig["breaker"],
    budget: toBudget(),
  };

  function toBudget(): BudgetConfig {
    const names = Object.keys(budgetKeys);
    const budget = Object.fromEntries(names.map((name) => [name, of(`budget.${name}`)])) as unknown as BudgetConfig;
    checkModel(budget, ["policy", "budget"], context.problems);
    noteUnmatched(Object.keys(budget.tools), ["policy", "budget", "tools"], keys, context);
    return budget;
  }
}

function toPrivacy(read: ReadonlyMap<string, unknown>, keys: readonly string[], context: ConfigContext): PrivacyConfig {
  const of = <Name extends keyof PrivacyConfig>(name: Name): PrivacyConfig[Name] =>
    read.get(`privacy.${name}`) as PrivacyConfig[Name];
  const { classes, prose } = toClasses(of("classes"));
  checkPrivacyNames(
    { fields: of("fields"), release: of("release"), servers: of("servers"), own: of("own") },
    keys,
    context,
  );
  return {
    ...{ mode: of("mode"), servers: of("servers"), classes, prose: prose || of("prose"), consent: of("consent") },
    ...{ fields: of("fields"), release: of("release"), vault: of("vault"), own: of("own"), matches: of("matches") },
  };
}

/** Reads the keys of a section into `read` under their dotted names, defaults included. */
function readSection(
  section: SectionKey,
  value: unknown,
  path: ConfigPath,
  context: ConfigContext,
  read: Map<string, unknown>,
): void {
  const given = value === undefined ? {} : value;
  if (!isJsonObject(given)) {
    context.problems.add(path, `expected an object, got ${toGot(given)}`);
    return;
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(section.members, name)) refuse(section, name, [...path, name], context.problems);
  }
  for (const [name, key] of Object.entries(section.members)) {
    const member = Object.hasOwn(given, name) ? given[name] : undefined;
    const here = [...path, name];
    if (key.kind === "section") readSection(key, member, here, context, read);
    else read.set(here.join("."), readKey(key, member, here, context));
  }
}

/** Where other clients have the servers, for a whole file of theirs that was pasted in. */
const renamed: ReadonlyMap<string, string> = new Map([
  ["servers", 'this is the name in VS Code; rename it to "mcpServers"'],
  ["mcp", 'this is the name in VS Code\'s settings; move its servers to "mcpServers"'],
  ["context_servers", 'this is the name in Zed; rename it to "mcpServers"'],
]);

function refuse(section: SectionKey, name: string, path: ConfigPath, problems: Problems): void {
  if (section.later.includes(name)) {
    problems.add(path, "this key is not enforced by this version: remove it", "config_not_enforced");
    return;
  }
  const remedy = path.length === 1 ? renamed.get(name) : undefined;
  if (remedy !== undefined) {
    problems.add(path, remedy);
    return;
  }
  problems.addUnknown(path, Object.keys(section.members));
}

/** One key's value, checked; its default where it is absent. */
function readKey(key: Exclude<Key, SectionKey>, value: unknown, path: ConfigPath, context: ConfigContext): unknown {
  const { problems } = context;
  switch (key.kind) {
    case "ignored":
      return undefined;
    case "custom":
      return key.read(value, path, problems);
    case "servers":
      return value === undefined ? [] : parseServers(value, path, context);
    case "integer":
      if (value === undefined) return key.default;
      if (!Number.isInteger(value) || (value as number) < key.min || (value as number) > key.max) {
        problems.add(path, `expected a whole number from ${key.min} to ${key.max}, got ${toGot(value)}`);
      }
      return value;
    case "choice":
      if (value === undefined || key.choices.includes(value as string)) return value ?? key.default;
      if (key.later.includes(value as string)) {
        problems.add(
          path,
          `${JSON.stringify(value)} is not enforced by this version: remove it`,
          "config_not_enforced",
        );
      } else problems.add(path, `expected ${toChoices(key.choices)}, got ${toGotChoice(value)}`);
      return value;
    case "flag":
      if (value === undefined || typeof value === "boolean") return value ?? key.default;
      problems.add(path, `expected true or false, got ${toGot(value)}`);
      return value;
    case "path":
      return readPath(value === undefined ? key.default : value, path, context);
    case "text":
      return value === undefined ? undefined : readText(value, path, context);
    case "patterns":
      return value === undefined ? [] : readPatterns(value, path, problems);
    case "hosts":
      return value === undefined ? [] : readHosts(value, path, problems);
    case "methods":
      return value === undefined ? key.default : readMethods(value, key.choices, path, problems);
    case "verdicts":
      return value === undefined ? {} : readVerdicts(value, path, problems);
  }
}

function readPath(value: unknown, path: ConfigPath, { problems, env, directory }: ConfigContext): string {
  if (typeof value !== "string" || value === "" || value.includes("\0")) {
    problems.add(path, `expected the path of a folder, got ${toGot(value)}`);
    return directory;
  }
  const substituted = substitute(value, env);
  if (substituted.kind === "text") return resolve(directory, substituted.text);
  problems.add(path, `${substituted.reason}; set it`);
  return directory;
}

function readText(value: unknown, path: ConfigPath, { problems, env }: ConfigContext): string {
  if (typeof value !== "string" || value === "") {
    problems.add(path, `expected text, got ${toGot(value)}`);
    return "";
  }
  const substituted = substitute(value, env);
  if (substituted.kind === "text") return substituted.text;
  problems.add(path, `${substituted.reason}; set it`);
  return "";
}

/** Both keys or neither; what is not encrypted stays on this machine. */
function toNotify(read: ReadonlyMap<string, unknown>, { problems }: ConfigContext): NotifyConfig | undefined {
  const path = ["approvals", "notify"];
  const url = read.get("approvals.notify.url") as string | undefined;
  const secret = read.get("approvals.notify.secret") as string | undefined;
  if (url === undefined && secret === undefined) return undefined;
  const parsed = url !== undefined && URL.canParse(url) ? new URL(url) : null;
  const isLocal = /^(127\.0\.0\.1|localhost|\[::1\])$/.test(parsed?.hostname ?? "");
  if (parsed === null || !(parsed.protocol === "https:" || (parsed.protocol === "http:" && isLocal)))
    problems.add([...path, "url"], "expected an https address, or http on this machine");
  if (secret === undefined || secret.length < 16) problems.add([...path, "secret"], "expected at least 16 characters");
  return { url: url ?? "", secret: secret ?? "" };
}

function readPatterns(value: unknown, path: ConfigPath, problems: Problems): string[] {
  if (!Array.isArray(value)) {
    problems.add(path, `expected an array of address patterns, got ${toGot(value)}`);
    return [];
  }
  checkCount(value.length, path, problems);
  const patterns: string[] = [];
  for (const [index, item] of value.entries()) {
    if (typeof item !== "string")
      problems.add([...path, index], `expected an address pattern like "crm.*", got ${toGot(item)}`);
    else if (checkPattern(item, [...path, index], problems)) patterns.push(item);
  }
  return patterns;
}

function readHosts(value: unknown, path: ConfigPath, problems: Problems): HostRule[] {
  if (!Array.isArray(value)) {
    problems.add(path, `expected an array of hosts, got ${toGot(value)}`);
    return [];
  }
  checkCount(value.length, path, problems);
  const rules: HostRule[] = [];
  for (const [index, item] of value.entries()) {
    const rule = typeof item === "string" ? parseHostRule(item) : { problem: `expected a host, got ${toGot(item)}` };
    if ("problem" in rule) problems.add([...path, index], rule.problem);
    else rules.push(rule);
  }
  return rules;
}

function readMethods(value: unknown, choices: readonly string[], path: ConfigPath, problems: Problems): string[] {
  if (!Array.isArray(value)) {
    problems.add(path, `expected an array of methods like ["GET"], got ${toGot(value)}`);
    return [];
  }
  const methods: string[] = [];
  for (const [index, item] of value.entries()) {
    if (choices.some((choice) => choice === item)) methods.push(item as string);
    else problems.add([...path, index], `expected ${toChoices(choices)}, got ${toGotChoice(item)}`);
  }
  return methods;
}

function readVerdicts(value: unknown, path: ConfigPath, problems: Problems): Record<string, unknown> {
  if (!isJsonObject(value)) {
    problems.add(path, `expected an object like { "crm.delete*": "deny" }, got ${toGot(value)}`);
    return {};
  }
  const rules = Object.entries(value);
  checkCount(rules.length, path, problems);
  for (const [pattern, verdict] of rules) {
    checkPattern(pattern, [...path, pattern], problems);
    if (!verdicts.some((known) => known === verdict)) {
      problems.add([...path, pattern], `expected ${toChoices(verdicts)}, got ${toGotChoice(verdict)}`);
    }
  }
  // Not a spread: `__proto__` stays an own key.
  return Object.fromEntries(rules);
}

function checkCount(count: number, path: ConfigPath, problems: Problems): void {
  if (count > limits.patternsMax)
    problems.add(path, `${count} patterns, at most ${limits.patternsMax} (patternsMax) are possible`);
}

/** Notes patterns that name a server which is not there: probably a spelling mistake, and a deny would not deny. */
function noteUnmatched(
  patterns: readonly string[],
  path: ConfigPath,
  keys: readonly string[],
  { notes }: ConfigContext,
): void {
  for (const pattern of patterns) {
    const [literal = ""] = pattern.split("*", 1);
    const named = literal.includes(".") ? literal : undefined;
    if (named === undefined || keys.some((key) => named.startsWith(`${key}.`) || `${key}.`.startsWith(named))) continue;
    const server = named.slice(0, named.indexOf("."));
    const nearest = toNearest(server, keys);
    const guess = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
    notes.push(`${toPathText([...path, pattern])}: matches no configured server${guess}`);
  }
}

function toChoices(choices: readonly string[]): string {
  const quoted = choices.map((choice) => `"${choice}"`);
  return `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

function toGotChoice(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : toGot(value);
}
