import { SluiceError } from "../base/errors.ts";
import { asText, isJsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { ReadLabel } from "../config/config.ts";
import { toRuleText } from "../gateway/flow.ts";
import type { FileGate, FileReply, FileWatch, ModuleFiles } from "../sandbox/file-gate.ts";
import { parseGuestPath } from "../sandbox/file-path.ts";
import type { Parts } from "./parts.ts";

/**
 * What a program sees of the workspace it has read, and what it changes there holds what it had read. What it changes for
 * itself alone it has read, and the files of the workspace stay what they were.
 */
export function toFileWatch(
  { gate: { flow, fileLabels }, workspace: { isScratch } }: Pick<Parts, "gate" | "workspace">,
  executionId: string,
  onEffect: () => void,
): FileWatch {
  return {
    onShown: (names, isDeep) => flow.add(executionId, fileLabels.of(names.join("/"), isDeep)),
    onNames: (names) => flow.add(executionId, fileLabels.ofNames(names.join("/"))),
    onChanged(names, isPart) {
      if (!isScratch) fileLabels.set(names.join("/"), flow.labelsOf(executionId), isPart);
    },
    onNamed(names) {
      onEffect();
      if (!isScratch) fileLabels.addName(names.join("/"), flow.labelsOf(executionId));
    },
  };
}

/** The files of a program: what it reads in one that holds what programs had read is text that a server may have answered. */
export function toWatchedFiles(
  files: FileGate,
  { alerts, fileLabels }: Pick<Parts["gate"], "alerts" | "fileLabels">,
  executionId: string,
): FileGate {
  return {
    async act(args, content, turn) {
      const reply = await files.act(args, content, turn);
      if (args["act"] !== "readFile" || "error" in reply) return reply;
      const { root, names } = parseGuestPath(asText(args["path"]));
      if (root === "workspace" && fileLabels.of(names.join("/")).length > 0)
        alerts.noteText(executionId, toReadText(reply));
      return reply;
    },
  };
}

/** The beginning of what was read. */
function toReadText(reply: Exclude<FileReply, { error: unknown }>): string {
  if ("bytes" in reply) return reply.bytes.toString("utf8", 0, limits.largeBytesMin);
  const { text, base64 } = isJsonObject(reply.value) ? reply.value : {};
  return typeof text === "string" ? text : Buffer.from(asText(base64 ?? null), "base64").toString("utf8");
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
    const body = { text, arguments: [], calls: 1, data: [], about: [`${named} ${host}`] };
    const ask = (): Promise<boolean> => broker.ask({ kind: "flow", executionId, tool, origins, body }, signal);
    const isAllowed = said === undefined ? await flow.once(executionId, `${named} ${tool}`, ask) : said === "allow";
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
