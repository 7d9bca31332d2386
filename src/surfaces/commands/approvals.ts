import { userInfo } from "node:os";
import { toAnswerLine } from "../../runtime/announce.ts";
import type { Question, Sluice } from "../../runtime/sluice.ts";
import { takeOne, takeSome, toUsageError } from "../arguments.ts";
import type { Command, Invocation } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { openSluice, readConfig } from "../open.ts";
import { readProof, readSecret } from "../read-secret.ts";
import { toQuestionText } from "../question-text.ts";

/** `sluice approvals`: what waits for a person's word, in any process, and the word. */
export const approvals: Command = {
  usage:
    "approvals [ls]\napprovals show ID\napprovals allow ID… [--always]\napprovals deny ID… [--always]\napprovals always\napprovals forget PATTERN…\napprovals secret",
  summary: "See and answer what programs wait for.",
  positionalsMax: 100,
  options: {
    once: { type: "boolean", help: "for what the question says that a yes holds for (the default)" },
    always: { type: "boolean", help: "for every such question: a no at once, a yes from the next start on" },
    all: { type: "boolean", help: "with ls: those that were answered too" },
  },
  examples: [
    "sluice approvals",
    "sluice approvals show q_1a2b3c4d",
    "sluice approvals allow q_1a2b3c4d --always",
    "sluice approvals forget 'crm.*'",
  ],
  async run(invocation) {
    const [act = "ls", ...ids] = invocation.positionals;
    await using sluice = await openSluice(await readConfig(invocation), invocation);
    switch (act) {
      case "ls":
        return list(sluice, invocation);
      case "show":
        return show(sluice, takeOne("approvals", ids, "show needs the ID of one question"), invocation);
      case "allow":
      case "deny":
        return await answer(sluice, act, ids, invocation);
      case "always":
        return listAlways(sluice, invocation);
      case "forget":
        return await forget(sluice, ids, invocation);
      case "secret":
        return await setSecret(sluice, invocation);
    }
    throw toUsageError("approvals", `Unknown: ${act}; give ls, show, allow, deny, always, forget or secret`);
  },
};

function listAlways(sluice: Sluice, invocation: Invocation): number {
  const { terminal } = invocation;
  const always = sluice.rememberedAnswers();
  if (invocation.flag("json")) terminal.json({ always });
  else for (const one of always) terminal.out(toAnswerLine(one));
  if (always.length === 0) terminal.note("Nothing was answered for always");
  return exitCodes.completed;
}

async function forget(sluice: Sluice, patterns: readonly string[], invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  takeSome("approvals", patterns, "forget needs a tool's address or a pattern: see `sluice approvals always`");
  const { secret } = await readProof(sluice.approvalSecret.isSet());
  const forgotten = patterns.flatMap((pattern) => sluice.forgetAnswers(pattern, userInfo().username, secret));
  if (invocation.flag("json")) terminal.json({ forgotten });
  else for (const one of forgotten) terminal.note(`Forgotten: ${toAnswerLine(one)}`);
  if (forgotten.length === 0)
    throw toUsageError("approvals", `Nothing was answered for always about ${patterns.join(", ")}`);
  return exitCodes.completed;
}

function list(sluice: Sluice, invocation: Invocation): number {
  const { terminal } = invocation;
  const questions = sluice.questions({ all: invocation.flag("all") });
  if (invocation.flag("json")) terminal.json({ questions });
  else
    for (const { id, answer: said, body } of questions) {
      terminal.out(`${id}  ${said ?? "waits"}  ${body.text}`);
      if (said === undefined && body.holds !== undefined) terminal.out(`  ${body.holds}`);
    }
  if (questions.length === 0) terminal.note("Nothing waits");
  return exitCodes.completed;
}

function show(sluice: Sluice, id: string, invocation: Invocation): number {
  const found = sluice.questions({ all: true }).find((question) => question.id === id) ?? unknown(id);
  if (invocation.flag("json")) invocation.terminal.json(found);
  else invocation.terminal.lines("stdout", toQuestionText(found));
  return exitCodes.completed;
}

async function answer(
  sluice: Sluice,
  act: "allow" | "deny",
  ids: readonly string[],
  invocation: Invocation,
): Promise<number> {
  takeSome("approvals", ids, `${act} needs the ID of a question: see \`sluice approvals\``);
  if (invocation.flag("once") && invocation.flag("always"))
    throw toUsageError("approvals", "Both --once and --always were given: give one");
  const scope = invocation.flag("always") ? "always" : "once";
  const said = `${act}-${scope}` as const;
  const proof = await readProof(sluice.approvalSecret.isNeeded(said));
  const answered = ids.map((id) => sluice.answer(id, said, userInfo().username, proof));
  if (invocation.flag("json")) invocation.terminal.json({ answered });
  else
    for (const { id, body } of answered)
      invocation.terminal.note(`${act === "allow" ? "Allowed" : "Denied"} ${id}: ${body.text}`);
  if (act === "allow" && scope === "always")
    invocation.terminal.note("Other questions like it are answered so from the next start of each process on");
  return exitCodes.completed;
}

async function setSecret({ approvalSecret }: Sluice, { terminal }: Invocation): Promise<number> {
  const before = approvalSecret.isSet() ? await readSecret("The secret that is set: ") : undefined;
  approvalSecret.check(before);
  const secret = await readSecret("New secret, asked on every allow: ");
  if ((await readSecret("Again: ")) !== secret)
    throw toUsageError("approvals", "These are two secrets: nothing was set");
  approvalSecret.set(secret, before);
  terminal.note("Set: every yes at a terminal asks for it from now on, and no dialog says one for always");
  return exitCodes.completed;
}

function unknown(id: string): Question {
  throw toUsageError("approvals", `There is no question "${id.slice(0, 100)}"`);
}
