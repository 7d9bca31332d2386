import { resolve } from "node:path";
import { isJsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { SkillsConfig } from "./config.ts";
import type { CustomKey } from "./privacy.ts";
import { type Problems, toGot } from "./problems.ts";
import { substitute } from "./variables.ts";

const RUNS_MAX = 1_000_000;

/** The keys of the section `skills` that have a form of their own. */
export const skillKeys: Readonly<Record<"shared" | "trustAfter", CustomKey>> = {
  shared: {
    kind: "custom",
    about:
      "Folders whose skills can be used too and are never written, such as a team's; relative to this file. Of two skills with one name, that in `dir` is used.",
    schema: { type: "array", items: { type: "string", minLength: 1 }, maxItems: limits.sharedSkillFoldersMax },
    read(value, path, problems): string[] {
      if (value === undefined) return [];
      if (
        !Array.isArray(value) ||
        !value.every((one) => typeof one === "string" && one !== "" && !one.includes("\0"))
      ) {
        problems.add(path, `expected an array of folders, got ${toGot(value)}`);
        return [];
      }
      if (value.length > limits.sharedSkillFoldersMax)
        problems.add(
          path,
          `${value.length} folders, at most ${limits.sharedSkillFoldersMax} (sharedSkillFoldersMax) are possible`,
        );
      return value;
    },
  },
  trustAfter: {
    kind: "custom",
    about:
      "A skill that has passed its tests becomes trusted after so many `runs`, if this share of them (`successRate`, 0 to 1) succeeded. Without it a person says so.",
    schema: {
      type: "object",
      additionalProperties: false,
      required: ["runs", "successRate"],
      properties: {
        runs: { type: "integer", minimum: 1, maximum: RUNS_MAX },
        successRate: { type: "number", minimum: 0, maximum: 1 },
      },
    },
    read(value, path, problems): SkillsConfig["trustAfter"] {
      if (value === undefined) return undefined;
      if (!isJsonObject(value)) {
        problems.add(path, `expected an object like { "runs": 10, "successRate": 0.95 }, got ${toGot(value)}`);
        return undefined;
      }
      const { runs, successRate, ...others } = value;
      for (const name of Object.keys(others)) problems.addUnknown([...path, name], ["runs", "successRate"]);
      if (!Number.isInteger(runs) || (runs as number) < 1 || (runs as number) > RUNS_MAX)
        problems.add([...path, "runs"], `expected a whole number from 1 to ${RUNS_MAX}, got ${toGot(runs)}`);
      if (typeof successRate !== "number" || successRate < 0 || successRate > 1)
        problems.add([...path, "successRate"], `expected a number from 0 to 1, got ${toGot(successRate)}`);
      return { runs: runs as number, successRate: successRate as number };
    },
  },
};

/** The section as it was read, with its folders absolute. */
export function toSkills(
  read: ReadonlyMap<string, unknown>,
  { problems, env, directory }: { problems: Problems; env: Parameters<typeof substitute>[1]; directory: string },
): SkillsConfig {
  const trustAfter = read.get("skills.trustAfter") as SkillsConfig["trustAfter"];
  const shared = ((read.get("skills.shared") ?? []) as string[]).map((folder, index) => {
    const substituted = substitute(folder, env);
    if (substituted.kind === "text") return resolve(directory, substituted.text);
    problems.add(["skills", "shared", index], `${substituted.reason}; set it`);
    return directory;
  });
  return {
    ...{ dir: read.get("skills.dir") as string, shared },
    ...(trustAfter === undefined ? {} : { trustAfter }),
  };
}
