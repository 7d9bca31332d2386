import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { parseEnv } from "node:util";
import { toMessage } from "../base/errors.ts";
import { isJsonObject, toCanonicalJson, type Json } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { toNearest } from "../base/nearest.ts";
import type { HttpConfig, ServerConfig, StdioConfig, Trust } from "./config.ts";
import { foreignServerKeys, serverKeys, trusts } from "./server-keys.ts";
import { toGot, toPathText, type ConfigPath, type Problems } from "./problems.ts";
import { substitute, type Environment } from "./variables.ts";

/** What reading a config needs from outside it. */
export interface ConfigContext {
  problems: Problems;
  notes: string[];
  env: Environment;
  /** Absolute; relative paths in the config are relative to it. */
  directory: string;
}

/** Reads `mcpServers`; what is wrong goes to `context.problems`, what is ignored to `context.notes`. */
export function parseServers(value: unknown, path: ConfigPath, context: ConfigContext): ServerConfig[] {
  if (!isJsonObject(value)) {
    context.problems.add(path, `expected an object of servers, got ${toGot(value)}`);
    return [];
  }
  const entries = Object.entries(value);
  if (entries.length > limits.serversMax) {
    context.problems.add(
      path,
      `${entries.length} servers, at most ${limits.serversMax} (serversMax) are possible; remove some`,
    );
    return [];
  }
  checkKeys(
    entries.map(([key]) => key),
    path,
    context.problems,
  );
  return entries.flatMap(([key, entry]) => {
    const server = parseServer(key, entry, [...path, key], context);
    if (server?.disabledReason !== undefined) context.notes.push(`Server ${key} is disabled: ${server.disabledReason}`);
    return server === undefined ? [] : [server];
  });
}

/** A key names a folder and begins an address, so it must be possible as both. */
function checkKeys(keys: readonly string[], path: ConfigPath, problems: Problems): void {
  for (const key of keys) {
    const wrong = wrongInKey(key);
    if (wrong !== undefined) problems.add([...path, key], `${wrong}; rename the server`);
    // Keys may have dots; the longest key that begins an address is meant, so no key may begin another's addresses.
    const longer = keys.find((other) => other.startsWith(`${key}.`));
    if (longer !== undefined) {
      problems.add(
        [...path, longer],
        `"${longer}.x" could also be the tool "${longer.slice(key.length + 1)}.x" of "${key}"; rename one`,
      );
    }
  }
}

function wrongInKey(key: string): string | undefined {
  if (key === "" || key.length > limits.serverKeyCharsMax)
    return `a server's key has 1 to ${limits.serverKeyCharsMax} characters`;
  if (key === "." || key === "..") return "it cannot be the name of a folder";
  if (/[/\\*\p{Cc}\p{Cs}]/u.test(key)) return 'a server\'s key has no "/", "\\", "*" or control character';
  if (key.trim() !== key || key.endsWith(".") || key.startsWith("."))
    return "a server's key does not begin or end with a space or a dot";
  if (key.normalize("NFC") !== key) return "a server's key is composed Unicode (NFC)";
  return undefined;
}

/** The checked members of one entry, before variables are replaced. */
class Entry {
  readonly texts: Map<string, string> = new Map();
  readonly lists: Map<string, readonly string[]> = new Map();
  readonly maps: Map<string, ReadonlyMap<string, string>> = new Map();
  readonly flags: Map<string, boolean> = new Map();
  readonly numbers: Map<string, number> = new Map();
}

function parseServer(key: string, value: unknown, path: ConfigPath, context: ConfigContext): ServerConfig | undefined {
  if (!isJsonObject(value)) {
    context.problems.add(path, `expected an object with "command" or "url", got ${toGot(value)}`);
    return undefined;
  }
  const entry = readEntry(value, path, context);
  const reading = new Substitution(context.env);
  const transport = toTransport(entry, value, path, context, reading);
  if (transport === undefined) return undefined;
  const isOff = isDisabled(entry);
  const disabledReason = isOff ? `its entry says so (${toPathText(path)})` : reading.reason;
  return {
    key,
    ...(disabledReason === undefined ? {} : { disabledReason, isBroken: !isOff }),
    transport,
    trust: toTrust(entry, transport, path, context),
    ...toFlow(entry, path, context),
    callMs: toCallMs(entry, path, context),
    connectMs: entry.numbers.get("connectMs") ?? limits.connectMs,
    hash: toHash(entry, transport),
  };
}

function readEntry(value: Record<string, Json>, path: ConfigPath, { problems, notes }: ConfigContext): Entry {
  const entry = new Entry();
  const ignored: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    const here = [...path, name];
    const known = serverKeys.get(name);
    if (known !== undefined && !(name === "trust" && typeof member === "boolean")) {
      readMember(entry, name, known.type, member, here, problems);
    } else if (foreignServerKeys.has(name) || name === "trust") {
      // `"trust": true` is another client's "never ask".
      ignored.push(name);
    } else {
      const nearest = toNearest(name, serverKeys.keys());
      notes.push(
        `${toPathText(here)}: unknown key, ignored${nearest === undefined ? "" : `; did you mean "${nearest}"?`}`,
      );
    }
  }
  if (ignored.length > 0) notes.push(`${toPathText(path)}: keys of other clients, ignored: ${ignored.join(", ")}`);
  return entry;
}

function readMember(
  entry: Entry,
  name: string,
  type: string,
  member: Json,
  path: ConfigPath,
  problems: Problems,
): void {
  const text = (value: Json | undefined, at: ConfigPath): value is string => {
    if (typeof value !== "string") {
      const remedy = typeof value === "number" || typeof value === "boolean" ? "; put it in quotes" : "";
      problems.add(at, `expected a string, got ${toGot(value)}${remedy}`);
    } else if (value.includes("\0")) problems.add(at, "a NUL character cannot be passed on; remove it");
    else return true;
    return false;
  };
  if (type === "text") {
    if (text(member, path)) entry.texts.set(name, member);
  } else if (type === "flag") {
    if (typeof member === "boolean") entry.flags.set(name, member);
    else problems.add(path, `expected true or false, got ${toGot(member)}`);
  } else if (type === "milliseconds") {
    if (typeof member === "number" && member > 0 && member <= maxWaitMs) entry.numbers.set(name, Math.ceil(member));
    else problems.add(path, `expected a number above 0 and at most ${maxWaitMs}, got ${toGot(member)}`);
  } else if (type === "texts") {
    if (!Array.isArray(member)) problems.add(path, `expected an array of strings, got ${toGot(member)}`);
    else
      entry.lists.set(
        name,
        member.filter((item, index): item is string => text(item, [...path, index])),
      );
  } else if (!isJsonObject(member)) {
    problems.add(path, `expected an object of strings, got ${toGot(member)}`);
  } else {
    const pairs = Object.entries(member).filter(([item, value]) => text(value, [...path, item]));
    entry.maps.set(name, new Map(pairs as [string, string][]));
  }
}

/** The longest deadline: a day, as for programs. */
const maxWaitMs = 86_400_000;

/** `reads` and `sends`, where they are given. */
function toFlow(entry: Entry, path: ConfigPath, { problems }: ConfigContext): Pick<ServerConfig, "reads" | "sends"> {
  const reads = entry.texts.get("reads");
  const sends = entry.texts.get("sends");
  const knownReads = (["private", "ordinary", "untrusted"] as const).find((known) => known === reads);
  const knownSends = (["inside", "outside"] as const).find((known) => known === sends);
  if (reads !== undefined && knownReads === undefined)
    problems.add(
      [...path, "reads"],
      `expected "private", "ordinary" or "untrusted", got ${JSON.stringify(reads.slice(0, 40))}`,
    );
  if (sends !== undefined && knownSends === undefined)
    problems.add([...path, "sends"], `expected "inside" or "outside", got ${JSON.stringify(sends.slice(0, 40))}`);
  return {
    ...(knownReads === undefined ? {} : { reads: knownReads }),
    ...(knownSends === undefined ? {} : { sends: knownSends }),
  };
}

function toTrust(
  entry: Entry,
  { kind }: StdioConfig | HttpConfig,
  path: ConfigPath,
  { problems }: ConfigContext,
): Trust {
  const given = entry.texts.get("trust");
  const trust = given ?? (kind === "stdio" ? "internal" : "public");
  const found = trusts.find((known) => known === trust);
  if (found === undefined)
    problems.add(
      [...path, "trust"],
      `expected "local", "internal", "public" or "untrusted", got ${JSON.stringify(trust.slice(0, 40))}`,
    );
  return found ?? "untrusted";
}

function isDisabled(entry: Entry): boolean {
  return entry.flags.get("disabled") === true || entry.flags.get("enabled") === false;
}

/** Some clients write seconds, some milliseconds; nobody means a deadline below a second or a quarter of an hour above it. */
function toCallMs(entry: Entry, path: ConfigPath, { notes }: ConfigContext): number {
  const callMs = entry.numbers.get("callMs");
  const timeout = entry.numbers.get("timeout");
  if (callMs !== undefined || timeout === undefined) return callMs ?? limits.callMs;
  if (timeout >= 1_000) return timeout;
  notes.push(`${toPathText([...path, "timeout"])}: read as ${timeout} seconds; write "callMs" to say milliseconds`);
  return timeout * 1_000;
}

/** Replaces variables in the texts of one server, keeping the first reason why one could not be. */
class Substitution {
  reason: string | undefined;
  #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  text(text: string): string {
    const substituted = substitute(text, this.#env);
    if (substituted.kind === "text") return substituted.text;
    this.reason ??= substituted.reason;
    return "";
  }

  map(map: ReadonlyMap<string, string> | undefined): Map<string, string> {
    return new Map([...(map ?? [])].map(([name, value]) => [name, this.text(value)]));
  }
}

type ToTransport = StdioConfig | HttpConfig | undefined;

function toTransport(
  entry: Entry,
  value: object,
  path: ConfigPath,
  context: ConfigContext,
  reading: Substitution,
): ToTransport {
  const { problems } = context;
  const type = toKind(entry, path, problems);
  const urlKey = ["url", "serverUrl", "httpUrl"].find((name) => Object.hasOwn(value, name));
  const hasCommand = Object.hasOwn(value, "command");
  if (hasCommand && urlKey !== undefined && type === undefined) {
    problems.add(path, `it has both "command" and "${urlKey}"; remove one, or say which by "type": "stdio" or "http"`);
    return undefined;
  }
  const isStdio = type === undefined ? hasCommand : type === "stdio";
  if (isStdio && hasCommand) return toStdio(entry, path, context, reading);
  if (!isStdio && urlKey !== undefined)
    return toHttp(entry, urlKey, type === "sse" ? "sse" : "http", path, context, reading);
  const wanted = type === undefined ? '"command" (a program to start) or "url"' : isStdio ? '"command"' : '"url"';
  problems.add(path, `it has no ${wanted}; add it`);
  return undefined;
}

function toKind(entry: Entry, path: ConfigPath, problems: Problems): "stdio" | "http" | "sse" | undefined {
  const name = entry.texts.has("type") ? "type" : "transport";
  const type = entry.texts.get(name);
  if (type === undefined) return undefined;
  const plain = type.toLowerCase().replace(/[^a-z]/g, "");
  if (plain === "stdio" || plain === "local") return "stdio";
  if (plain === "sse") return "sse";
  if (plain === "http" || plain === "streamablehttp" || plain === "remote") return "http";
  problems.add([...path, name], `expected "stdio", "http" or "sse", got ${JSON.stringify(type.slice(0, 40))}`);
  return undefined;
}

function toStdio(entry: Entry, path: ConfigPath, context: ConfigContext, reading: Substitution): StdioConfig {
  const cwd = resolve(context.directory, reading.text(entry.texts.get("cwd") ?? "."));
  const command = reading.text(entry.texts.get("command") ?? "");
  if (entry.texts.get("command")?.trim() === "")
    context.problems.add([...path, "command"], "it is empty; name a program");
  const env = new Map<string, string>();
  const envFile = entry.texts.get("envFile");
  if (envFile !== undefined) readEnvFile(resolve(context.directory, reading.text(envFile)), env, reading);
  for (const [name, value] of reading.map(entry.maps.get("env"))) {
    if (name === "" || name.includes("="))
      context.problems.add([...path, "env", name], 'a variable\'s name is not empty and has no "="');
    env.set(name, value);
  }
  // A bare name is looked up in PATH; one with a slash is a file, and this is where it is.
  const isPath = /[/\\]/.test(command) && !isAbsolute(command);
  return {
    kind: "stdio",
    command: isPath ? resolve(cwd, command) : command,
    args: (entry.lists.get("args") ?? []).map((argument) => reading.text(argument)),
    env: Object.fromEntries(env),
    cwd,
  };
}

function readEnvFile(file: string, env: Map<string, string>, reading: Substitution): void {
  if (reading.reason !== undefined) return;
  try {
    for (const [name, value] of Object.entries(parseEnv(readFileSync(file, "utf8")))) env.set(name, value ?? "");
  } catch (error) {
    reading.reason = `its envFile cannot be read: ${toMessage(error)}`;
  }
}

function toHttp(
  entry: Entry,
  urlKey: string,
  kind: HttpConfig["kind"],
  path: ConfigPath,
  { problems }: ConfigContext,
  reading: Substitution,
): HttpConfig {
  const url = reading.text(entry.texts.get(urlKey) ?? "");
  const headers = reading.map(entry.maps.get("headers"));
  // A missing variable is reported by itself; what is left of the address then proves nothing.
  const wrong = reading.reason === undefined && entry.texts.has(urlKey) ? wrongInUrl(url) : undefined;
  if (wrong !== undefined) problems.add([...path, urlKey], wrong);
  for (const [name, value] of headers) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      problems.add([...path, "headers", name], "this is no name of an HTTP header");
    if (/[\r\n\0]/.test(value))
      problems.add([...path, "headers", name], "a header's value is one line; remove the line break");
  }
  return { kind, url, headers: Object.fromEntries(headers) };
}

function wrongInUrl(text: string): string | undefined {
  const example = 'expected an address like "https://example.com/mcp"';
  if (!URL.canParse(text)) return `${example}, got something else`;
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return `${example}, got the scheme "${url.protocol}"`;
  if (url.username !== "" || url.password !== "")
    return 'an address with a user name or password is not sent; use "headers"';
  return undefined;
}

/**
 * What decides which tools a server has, as written, before variables: a new credential must not empty the catalogue,
 * and no secret must get into a hash that is stored.
 */
function toHash(entry: Entry, transport: StdioConfig | HttpConfig): string {
  const names = (map: string): string[] => [...(entry.maps.get(map)?.keys() ?? [])].sort();
  const identity: Json =
    transport.kind === "stdio"
      ? {
          kind: "stdio",
          command: entry.texts.get("command") ?? "",
          args: [...(entry.lists.get("args") ?? [])],
          cwd: transport.cwd,
          env: names("env"),
        }
      : {
          kind: transport.kind,
          url: entry.texts.get("url") ?? entry.texts.get("serverUrl") ?? entry.texts.get("httpUrl") ?? "",
          headers: names("headers"),
        };
  return createHash("sha256").update(toCanonicalJson(identity)).digest("hex");
}
