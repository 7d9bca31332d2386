import { userInfo } from "node:os";
import type { Question, Sluice } from "../../runtime/sluice.ts";
import { toUsageError } from "../arguments.ts";
import type { Command, Invocation } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { openSluice, readConfig } from "../open.ts";
import { readSecret } from "../read-secret.ts";
import { toQuestionText } from "../question-text.ts";

/** `sluice approvals`: what waits for a person's word, in any process, and the word. */
export const approvals: Command = {
  usage:
    "approvals [ls]\napprovals show ID\napprovals allow ID… [--always]\napprovals deny ID… [--always]\napprovals secret",
  summary: "See and answer what programs wait for.",
  positionalsMax: 100,
  options: {
    once: { type: "boolean", help: "for this question only (the default)" },
    always: { type: "boolean", help: "for every such question from now on" },
    all: { type: "boolean", help: "with ls: those that were answered too" },
  },
  examples: ["sluice approvals", "sluice approvals show q_1a2b3c4d", "sluice approvals allow q_1a2b3c4d --always"],
  async run(invocation) {
    const [act = "ls", ...ids] = invocation.positionals;
    await using sluice = await openSluice(await readConfig(invocation), invocation);
    switch (act) {
      case "ls":
        return list(sluice, invocation);
      case "show":
        return show(sluice, only(ids), invocation);
      case "allow":
        // Whoever has a shell could say yes in the user's name: where one is set, only a person knows this word.
        if (sluice.approvalSecret.isSet()) sluice.approvalSecret.check(await readSecret("Secret of the approvals: "));
        return answer(sluice, act, ids, invocation);
      case "deny":
        return answer(sluice, act, ids, invocation);
      case "secret":
        return await setSecret(sluice, invocation);
    }
    throw toUsageError("approvals", `Unknown: ${act}; give ls, show, allow, deny or secret`);
  },
};

function list(sluice: Sluice, invocation: Invocation): number {
  const { terminal } = invocation;
  const questions = sluice.questions({ all: invocation.flag("all") });
  if (invocation.flag("json")) terminal.out(JSON.stringify({ questions }, null, 2));
  else for (const one of questions) terminal.out(`${one.id}  ${one.answer ?? "waits"}  ${one.body.text}`);
  if (questions.length === 0) terminal.note("Nothing waits");
  return exitCodes.completed;
}

function show(sluice: Sluice, id: string, invocation: Invocation): number {
  const found = sluice.questions({ all: true }).find((question) => question.id === id) ?? unknown(id);
  invocation.terminal.out(invocation.flag("json") ? JSON.stringify(found, null, 2) : toQuestionText(found));
  return exitCodes.completed;
}

function answer(sluice: Sluice, act: "allow" | "deny", ids: readonly string[], invocation: Invocation): number {
  if (ids.length === 0) throw toUsageError("approvals", `${act} needs the ID of a question: see \`sluice approvals\``);
  if (invocation.flag("once") && invocation.flag("always"))
    throw toUsageError("approvals", "Both --once and --always were given: give one");
  const scope = invocation.flag("always") ? "always" : "once";
  const answered = ids.map((id) => sluice.answer(id, `${act}-${scope}`, userInfo().username));
  if (invocation.flag("json")) invocation.terminal.out(JSON.stringify({ answered }, null, 2));
  else
    for (const { id, body } of answered)
      invocation.terminal.note(`${act === "allow" ? "Allowed" : "Denied"} ${id}: ${body.text}`);
  return exitCodes.completed;
}

async function setSecret({ approvalSecret }: Sluice, { terminal }: Invocation): Promise<number> {
  const before = approvalSecret.isSet() ? await readSecret("The secret that is set: ") : undefined;
  approvalSecret.check(before);
  const secret = await readSecret("New secret, asked on every allow: ");
  if ((await readSecret("Again: ")) !== secret)
    throw toUsageError("approvals", "These are two secrets: nothing was set");
  approvalSecret.set(secret, before);
  terminal.note("Set: `sluice approvals allow` asks for it from now on");
  return exitCodes.completed;
}

function only(ids: readonly string[]): string {
  const [id] = ids;
  if (id === undefined || ids.length > 1) throw toUsageError("approvals", "show needs the ID of one question");
  return id;
}

function unknown(id: string): Question {
  throw toUsageError("approvals", `There is no question "${id.slice(0, 100)}"`);
}
