import { SluiceError } from "../base/errors.ts";
import { isJsonObject } from "../base/json.ts";
import { toNearest } from "../base/nearest.ts";
import type { Config, WorkspaceQuota } from "./config.ts";
import { type CustomKey, record } from "./privacy.ts";
import { type Problems, toGot } from "./problems.ts";

/** The workspace that there always is. */
export const defaultWorkspace = "default";

/** A folder's name, everywhere. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
/** Each lowers a limit of the section `sandbox`. */
const quotas = { bytesMax: "workspaceBytesMax", filesMax: "workspaceFilesMax", fileBytesMax: "fileBytesMax" } as const;

/** The keys of named workspaces. */
export const workspaceKeys: Readonly<Record<"workspace" | "workspaces", CustomKey>> = {
  workspace: {
    kind: "custom",
    about: "The workspace that programs see; `--workspace` says another one. Default: `default`.",
    schema: { type: "string", pattern: NAME.source },
    read(value, path, problems): string {
      if (value === undefined) return defaultWorkspace;
      if (typeof value === "string" && NAME.test(value)) return value;
      problems.add(path, `expected the name of a workspace (lower case, digits, hyphens), got ${toGot(value)}`);
      return defaultWorkspace;
    },
  },
  workspaces: {
    kind: "custom",
    about:
      "Workspaces beside `default`, by name: files, tokens, drafts of skills and runs of each are apart from the others'. With lower quotas, where given.",
    schema: {
      type: "object",
      propertyNames: { pattern: NAME.source },
      additionalProperties: {
        type: "object",
        properties: Object.fromEntries(
          Object.entries(quotas).map(([name, limit]) => [
            name,
            { type: "integer", minimum: 1, description: `As \`sandbox.${limit}\`, which it cannot raise.` },
          ]),
        ),
        additionalProperties: false,
      },
    },
    read(value, path, problems): Record<string, WorkspaceQuota> {
      const entries = record(value, path, problems, '{ "reports": { "bytesMax": 1000000 } }');
      return Object.fromEntries(
        entries.map(([name, quota]) => [name, readQuota(name, quota, [...path, name], problems)]),
      );
    },
  },
};

function readQuota(name: string, value: unknown, path: (string | number)[], problems: Problems): WorkspaceQuota {
  if (!NAME.test(name)) problems.add(path, "a name has lower case letters, digits and hyphens, at most 64");
  if (!isJsonObject(value)) {
    problems.add(path, `expected an object like {} or { "bytesMax": 1000000 }, got ${toGot(value)}`);
    return {};
  }
  const read: Record<string, number> = {};
  for (const [key, amount] of Object.entries(value)) {
    if (!Object.hasOwn(quotas, key)) {
      problems.addUnknown([...path, key], Object.keys(quotas));
      continue;
    }
    if (!Number.isSafeInteger(amount) || Number(amount) < 1)
      problems.add([...path, key], `expected a whole number of at least 1, got ${toGot(amount)}`);
    read[quotas[key as keyof typeof quotas]] = Number(amount);
  }
  return read;
}

/** The config with another workspace; throws `usage` where it names none. */
export function withWorkspace(config: Config, name: string): Config {
  if (name === defaultWorkspace || Object.hasOwn(config.workspaces, name)) return { ...config, workspace: name };
  const known = [defaultWorkspace, ...Object.keys(config.workspaces)];
  const near = toNearest(name, known);
  throw new SluiceError(
    "usage",
    `There is no workspace ${JSON.stringify(name.slice(0, 100))}; the config has ${known.join(", ")}`,
    { hint: near === undefined ? `Add it: "workspaces": { "NAME": {} }` : `Did you mean ${near}?` },
  );
}

/** Both keys, checked against each other. */
export function toWorkspaces(
  read: ReadonlyMap<string, unknown>,
  problems: Problems,
): Pick<Config, "workspace" | "workspaces"> {
  const workspace = read.get("workspace") as string;
  const workspaces = read.get("workspaces") as Config["workspaces"];
  if (workspace !== defaultWorkspace && !Object.hasOwn(workspaces, workspace))
    problems.add(["workspace"], `there is no such workspace: add it, "workspaces": { "${workspace}": {} }`);
  return { workspace, workspaces };
}
