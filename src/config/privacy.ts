import { createRequire } from "node:module";
import { toMessage } from "../base/errors.ts";
import { defaultClasses, literalClass, optionalClasses, textClass } from "../base/personal-data-classes.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { OwnClassConfig, PrivacyConfig, PrivacyMode, ReleaseRule } from "./config.ts";
import { toNearest } from "../base/nearest.ts";
import { type ConfigPath, type Problems, toGot } from "./problems.ts";

/** A key whose value has a form of its own: how it is read, and what the published schema says of it. */
export interface CustomKey {
  kind: "custom";
  about: string;
  schema: JsonObject;
  /** `value`: absent = undefined. */
  read(value: unknown, path: ConfigPath, problems: Problems): unknown;
}

const modes: readonly PrivacyMode[] = ["seal", "strict", "off"];
const className = /^[A-Z][A-Z0-9_]{0,30}$/;

export function record(value: unknown, path: ConfigPath, problems: Problems, example: string): [string, unknown][] {
  if (value === undefined) return [];
  if (!isJsonObject(value)) {
    problems.add(path, `expected an object like ${example}, got ${toGot(value)}`);
    return [];
  }
  const entries = Object.entries(value);
  if (entries.length <= limits.patternsMax) return entries;
  problems.add(path, `${entries.length} entries, at most ${limits.patternsMax} (patternsMax) are possible`);
  return [];
}

function texts(value: unknown, path: ConfigPath, problems: Problems, example: string): string[] {
  const list = typeof value === "string" ? [value] : value;
  if (Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === "string" && item !== ""))
    return list;
  problems.add(path, `expected ${example}, got ${toGot(value)}`);
  return [];
}

/** The keys of the section `privacy` that have a form of their own. */
export const privacyKeys: Readonly<Record<"servers" | "classes" | "fields" | "release" | "own", CustomKey>> = {
  servers: {
    kind: "custom",
    about: "Key of a server (`*` is any characters) to its mode, where it is not `mode`.",
    schema: { type: "object", additionalProperties: { enum: [...modes] } },
    read(value, path, problems): PrivacyConfig["servers"] {
      return record(value, path, problems, '{ "crm": "off" }').map(([server, mode]) => {
        if (!modes.some((known) => known === mode))
          problems.add([...path, server], `expected "seal", "strict" or "off", got ${toGot(mode)}`);
        return { server, mode: mode as PrivacyMode };
      });
    },
  },
  classes: {
    kind: "custom",
    about: `What is sealed: "default" (${defaultClasses.join(", ")}), "all" (${optionalClasses.join(", ")} and names in prose too) or a list of these.`,
    schema: {
      anyOf: [
        { enum: ["default", "all"] },
        { type: "array", items: { enum: ["default", ...defaultClasses, ...optionalClasses] } },
      ],
      default: "default",
    },
    read(value = "default", path, problems): string[] {
      const known = ["default", "all", ...defaultClasses, ...optionalClasses];
      const names = texts(value, path, problems, '"default", "all" or a list of classes like ["EMAIL"]');
      for (const [index, name] of names.entries())
        if (!known.includes(name))
          problems.add(
            [...path, index],
            `no class ${JSON.stringify(name.slice(0, 40))}; known are ${known.join(", ")}`,
          );
      return names;
    },
  },
  fields: {
    kind: "custom",
    about:
      'Address pattern to places in its results and their class: { "gdrive.getSheet": { "rows[*].note": "NAME" } }.',
    schema: {
      type: "object",
      additionalProperties: { type: "object", additionalProperties: { type: "string" } },
    },
    read(value, path, problems): PrivacyConfig["fields"] {
      return record(value, path, problems, '{ "gdrive.getSheet": { "rows[*].note": "NAME" } }').map(
        ([tools, places]) => ({
          tools,
          places: Object.fromEntries(
            record(places, [...path, tools], problems, '{ "rows[*].note": "NAME" }').map(([place, name]) => {
              if (typeof name !== "string" || !className.test(name))
                problems.add([...path, tools, place], `expected a class like "NAME", got ${toGot(name)}`);
              return [place, String(name)];
            }),
          ),
        }),
      );
    },
  },
  release: {
    kind: "custom",
    about:
      'Where personal data may go without asking: [{ "from": "gdrive", "to": "crm.*", "classes": ["EMAIL"] }]; `from` is a pattern over servers, `to` over addresses.',
    schema: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["from", "to", "classes"],
        properties: {
          from: { type: "string" },
          to: { type: "string" },
          classes: { type: "array", items: { type: "string" }, minItems: 1 },
        },
      },
    },
    read: readRelease,
  },
  own: {
    kind: "custom",
    about:
      'Classes of your own: { "ORDER": { "pattern": "ORD-\\\\d{6}" } } in RE2\'s syntax, or { "values": ["Project X"] }.',
    schema: {
      type: "object",
      additionalProperties: {
        type: "object",
        additionalProperties: false,
        properties: { pattern: { type: "string" }, values: { type: "array", items: { type: "string" } } },
      },
    },
    read: readOwn,
  },
};

function readRelease(value: unknown, path: ConfigPath, problems: Problems): ReleaseRule[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    problems.add(path, `expected an array of rules, got ${toGot(value)}`);
    return [];
  }
  const rules: ReleaseRule[] = [];
  for (const [index, rule] of value.entries()) {
    const here = [...path, index];
    if (!isJsonObject(rule) || typeof rule["from"] !== "string" || typeof rule["to"] !== "string") {
      problems.add(here, 'expected a rule like { "from": "gdrive", "to": "crm.*", "classes": ["EMAIL"] }');
      continue;
    }
    for (const key of Object.keys(rule))
      if (!["from", "to", "classes"].includes(key))
        problems.add([...here, key], "unknown key; known are from, to, classes");
    const classes = texts(rule["classes"], [...here, "classes"], problems, 'a list of classes like ["EMAIL"]');
    for (const name of classes)
      if (!className.test(name) && name !== "*")
        problems.add([...here, "classes"], `"${name.slice(0, 40)}" is no class`);
    rules.push({ from: rule["from"], to: rule["to"], classes });
  }
  return rules;
}

function readOwn(value: unknown, path: ConfigPath, problems: Problems): OwnClassConfig[] {
  const entries = record(value, path, problems, '{ "ORDER": { "pattern": "ORD-\\\\d{6}" } }');
  return entries.flatMap(([name, rule]): OwnClassConfig[] => {
    const here = [...path, name];
    if (!className.test(name) || reserved.includes(name)) {
      problems.add(here, "a class of your own has a name like ORDER, which no other class has");
      return [];
    }
    const { pattern, values } = isJsonObject(rule) ? rule : {};
    if (typeof pattern === "string" && values === undefined) {
      const wrong = wrongInPattern(pattern);
      if (wrong !== undefined) problems.add([...here, "pattern"], wrong);
      return [{ class: name, pattern }];
    }
    if (pattern !== undefined || values === undefined) {
      problems.add(here, 'expected { "pattern": "…" } or { "values": ["…"] }');
      return [];
    }
    return [{ class: name, values: texts(values, [...here, "values"], problems, "a list of texts") }];
  });
}

const reserved: readonly string[] = [...defaultClasses, ...optionalClasses, literalClass, textClass];

/** Only what is matched in linear time: a pattern of RE2. */
function wrongInPattern(pattern: string): string | undefined {
  // Loaded only where somebody has such a pattern.
  const { RE2JS } = createRequire(import.meta.url)("re2js") as typeof import("re2js");
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return `${toMessage(error)}; a pattern is in RE2's syntax, without look-around and back-references`;
  }
}

/** The classes that a list names, with `default` and `all` put in; `prose`: names in running text are asked for too. */
export function toClasses(names: readonly string[]): { classes: string[]; prose: boolean } {
  const all = names.includes("all");
  const classes = new Set<string>(names.filter((name) => name !== "all" && name !== "default"));
  if (all || names.includes("default")) for (const name of defaultClasses) classes.add(name);
  if (all) for (const name of optionalClasses) classes.add(name);
  return { classes: [...classes], prose: all };
}

/** Notes what a rule names and is not there: a class, a server. A rule with a spelling mistake does nothing, or harm. */
export function checkPrivacyNames(
  { fields, release, servers, own }: Pick<PrivacyConfig, "fields" | "release" | "servers" | "own">,
  keys: readonly string[],
  { notes }: { notes: string[] },
): void {
  const known: string[] = [...defaultClasses, ...optionalClasses, textClass, "*", ...own.map((one) => one.class)];
  const classes = [
    ...fields.flatMap(({ places }) => Object.values(places)),
    ...release.flatMap((rule) => rule.classes),
  ].filter((name) => !known.includes(name));
  for (const name of new Set(classes)) {
    const nearest = toNearest(name, known);
    notes.push(`privacy: no class ${name}${nearest === undefined ? "" : `; did you mean ${nearest}?`}`);
  }
  const patterns = [...servers.map(({ server }) => server), ...release.map(({ from }) => from)];
  for (const pattern of new Set(patterns)) {
    if (pattern.includes("*") || pattern.startsWith("network:") || keys.includes(pattern)) continue;
    const nearest = toNearest(pattern, keys);
    notes.push(
      `privacy: no server "${pattern}" is configured${nearest === undefined ? "" : `; did you mean "${nearest}"?`}`,
    );
  }
  for (const { to } of release)
    if (!to.includes("*") && !to.includes("."))
      notes.push(`privacy.release: "${to}" is no address; write "${to}.*" for a whole server`);
}
