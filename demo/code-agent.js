import { readFileSync } from "node:fs";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./scenarios.js").Scenario} Scenario */

/**
 * Does a scenario as an agent does it with Sluice: it looks its tools up, writes the program, reads the outcome and
 * answers. The lookup is counted too: a model does not know the tools of a catalogue it has never seen.
 * @param {Conversation} conversation
 * @param {Scenario} scenario
 * @returns {Promise<string>} the last outcome, as the model reads it
 */
export async function runAsCode(conversation, scenario) {
  let outcome = "";
  for (const [index, task] of scenario.tasks.entries()) {
    conversation.ask(task);
    if (index === 0) await prepare(conversation, scenario);
    const code = readFileSync(new URL(`programs/${scenario.programs[index]}`, import.meta.url), "utf8").trimEnd();
    outcome = await callSluice(conversation, "execute_code", { code });
    const { status, error } = JSON.parse(outcome);
    if (status !== "completed") throw new Error(`${scenario.programs[index]}: ${status} ${JSON.stringify(error)}`);
    conversation.answer(scenario.answers[index] ?? "");
  }
  return outcome;
}

/** @param {Conversation} conversation @param {Scenario} scenario */
async function prepare(conversation, { search: { query, needs }, first }) {
  const found = await callSluice(conversation, "search_tools", { query, detail: "summary", limit: 4 });
  const missing = needs.filter((address) => !found.includes(JSON.stringify(address)));
  // Then a model would have to search again, and the count would be wrong.
  if (missing.length > 0) throw new Error(`search_tools "${query}" did not find ${missing.join(", ")}: ${found}`);
  if (first !== undefined) await conversation.call([first]);
}

/** @param {Conversation} conversation @param {string} name @param {Record<string, unknown>} input @returns {Promise<string>} */
async function callSluice(conversation, name, input) {
  const [text = ""] = await conversation.call([{ server: "sluice", name, input }]);
  return text;
}
