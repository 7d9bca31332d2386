import { SluiceError } from "../base/errors.ts";
import type { ReadLabel } from "../config/config.ts";
import { toRuleText } from "../gateway/flow.ts";
import type { FileWatch, ModuleFiles } from "../sandbox/file-gate.ts";
import type { Parts } from "./parts.ts";

/** What a program sees of the workspace it has read, and what it changes there holds what it had read. */
export function toFileWatch({ flow, fileLabels }: Parts["gate"], executionId: string, onEffect: () => void): FileWatch {
  return {
    onShown: (names, isDeep) => flow.add(executionId, fileLabels.of(names.join("/"), isDeep)),
    onNames: (names) => flow.add(executionId, fileLabels.ofNames(names.join("/"))),
    onChanged: (names, isPart) => fileLabels.set(names.join("/"), flow.labelsOf(executionId), isPart),
    onNamed(names) {
      onEffect();
      fileLabels.addName(names.join("/"), flow.labelsOf(executionId));
    },
  };
}

/** Where the labels of learned types are: their names come from results. */
export const learnedPath = "\n/learned";

/** Module files that tell when one is read. */
export function toWatchedModules(files: ModuleFiles, onShown: () => void): ModuleFiles {
  return {
    read(path) {
      onShown();
      return files.read(path);
    },
    list: (path) => files.list(path),
  };
}

/** A request of `fetch` goes outside, and what comes back is anybody's. Rejects where a rule, or a person, does not want it. */
export async function admitRequest(
  { gate: { flow }, broker }: Pick<Parts, "gate" | "broker">,
  executionId: string,
  host: string,
  signal: AbortSignal,
): Promise<void> {
  const rule = flow.findOutside(executionId);
  if (rule !== undefined) {
    const has = `has read ${rule.read.join(" and ")} content`;
    const named = `policy.flows "${toRuleText(rule)}"`;
    if (rule.verdict === "deny") throw denied(host, `the program ${has}, and ${named} denies it`);
    const tool = `network:${host.slice(0, 200)}`;
    const origins: ReadLabel[] = [...rule.read];
    const said = broker.remembered("flow", origins, tool);
    const text = `May the program send a request to ${host}? It ${has} (${named}).`;
    const body = { text, arguments: [], calls: 1, data: [] };
    const isAllowed =
      said === undefined
        ? await broker.ask({ kind: "flow", executionId, tool, origins, body }, signal)
        : said === "allow";
    if (!isAllowed)
      throw denied(host, `the program ${has}, ${named} asks for a person's approval, and it was not given`);
  }
  flow.add(executionId, ["untrusted"]);
}

function denied(host: string, why: string): SluiceError {
  return new SluiceError("flow_denied", `Cannot send a request to "${host}": ${why}`, {
    hint: "Do it in another program that has not read that, or tell the user; trying again changes nothing",
  });
}
