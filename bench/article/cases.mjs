// The two pieces of work, as an agent does them with direct calls and with programs.
import { readFileSync } from "node:fs";
import { ids } from "../../demo/data.js";
import { isFailure } from "./agent.mjs";
import { leads, meeting } from "./vendors.mjs";

/** @typedef {import("../../demo/conversation.js").Conversation} Conversation */
/** @typedef {import("../../demo/conversation.js").Call} Call */
/** @typedef {(calls: Call[]) => Promise<string[]>} Turn one turn of calls, with what the agent does about those that fail */

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} task
 * @property {{ query: string, needs: string }[]} searches how the code agent looks its tools up, in one turn
 * @property {Call} [look] a direct call by which it learns what a tool answers
 * @property {(turn: Turn) => Promise<void>} direct
 * @property {string} answer what the agent tells the user
 * @property {(state: import("./vendors.mjs").State) => boolean} isDone whether the vendors have what the task asks for, once
 */

const fields = ["FirstName", "Company", "Slack_User_Id__c", "Email_Score__c", "Meeting_Score__c", "Web_Score__c"];
const queryLeads = { objectName: "Lead", fields };
const invite = (/** @type {Record<string, unknown>} */ lead) =>
  `Hi ${lead["FirstName"]}, thank you for your interest in our order platform! I would love to show you what it could do for ${lead["Company"]}. Which day next week suits you for a short call?`;
const isGood = (/** @type {Record<string, unknown>} */ lead) =>
  (Number(lead["Email_Score__c"]) + Number(lead["Meeting_Score__c"]) + Number(lead["Web_Score__c"])) / 3 >= 60;
const toMessage = (/** @type {Record<string, unknown>} */ lead) => ({
  channel: String(lead["Slack_User_Id__c"]),
  text: invite(lead),
});
const wanted = leads.filter(isGood).map(toMessage);

/** @type {Case[]} */
export const cases = [
  {
    name: "transcript",
    task: `Copy the meeting transcript (Google Doc ${ids.transcript}) into the Notes of the Salesforce lead ${ids.lead}.`,
    searches: [
      { query: "read Google Doc", needs: "gdrive.readGoogleDoc" },
      { query: "update Salesforce record", needs: "salesforce.salesforce_dml_records" },
    ],
    async direct(turn) {
      const [content = ""] = await turn([
        { server: "gdrive", name: "readGoogleDoc", input: { documentId: ids.transcript } },
      ]);
      if (isFailure(content)) return;
      const records = [{ Id: ids.lead, Notes: content }];
      const input = { operation: "update", objectName: "Lead", records };
      await turn([{ server: "salesforce", name: "salesforce_dml_records", input }]);
    },
    answer: "The transcript is now in the notes of Dana Whitfield's lead.",
    isDone: ({ updates: [first, ...more] }) =>
      first?.id === ids.lead && first.fields["Notes"] === meeting.content && more.length === 0,
  },
  {
    name: "leads",
    task: "Look at all leads in Salesforce. Send each one whose three engagement scores (email, meeting, web) average 60 or more a personal Slack message: thank them for their interest in our order platform, offer to show what it could do for their company, ask which day next week suits for a short call. Their Slack user ids are in Slack_User_Id__c.",
    searches: [
      { query: "query Salesforce leads", needs: "salesforce.salesforce_query_records" },
      { query: "post Slack message", needs: "slack.slack_post_message" },
    ],
    // The server says nowhere that it answers in lines of text.
    look: {
      ...{ server: "sluice", name: "call_tool" },
      input: { tool: "salesforce.salesforce_query_records", arguments: { ...queryLeads, limit: 1 } },
    },
    async direct(turn) {
      const [text = ""] = await turn([{ server: "salesforce", name: "salesforce_query_records", input: queryLeads }]);
      if (isFailure(text)) return;
      const records = text.split("\n\n").slice(1);
      const read = records.map((record) =>
        Object.fromEntries([...record.matchAll(/^ +(\w+): (.*)$/gm)].map(([, key, value]) => [key, value])),
      );
      const messages = read.filter(isGood).map(toMessage);
      await turn(
        messages.map(({ channel, text }) => ({
          ...{ server: "slack", name: "slack_post_message" },
          input: { channel_id: channel, text },
        })),
      );
    },
    answer: "I have sent a personal message to each of the leads that score 60 or more.",
    isDone: ({ messages }) => toSorted(messages) === toSorted(wanted),
  },
];

/** @param {readonly { channel: string, text: string }[]} messages */
function toSorted(messages) {
  return JSON.stringify(messages.map(({ channel, text }) => `${channel} ${text}`).toSorted());
}

/**
 * With every definition in its context and every result through the model. `isPatient`: calls that failed are made once
 * more, in a turn of their own.
 * @param {Case} work @param {Conversation} conversation @param {boolean} isPatient
 */
export async function doDirectly(work, conversation, isPatient) {
  conversation.ask(work.task);
  await work.direct(async (calls) => {
    const answers = await conversation.call(calls);
    const failed = calls.flatMap((_, at) => (isFailure(answers[at] ?? "") ? [at] : []));
    if (!isPatient || failed.length === 0) return answers;
    const again = await conversation.call(failed.map((at) => /** @type {Call} */ (calls[at])));
    return answers.map((answer, at) => (failed.includes(at) ? (again[failed.indexOf(at)] ?? answer) : answer));
  });
  conversation.answer(work.answer);
}

/**
 * By one program. `isKnown`: what it needs to know of the tools was in the agent's instructions; else it looks them up and,
 * where needed, looks at one answer first.
 * @param {Case} work @param {Conversation} conversation @param {boolean} isKnown
 */
export async function doByCode(work, conversation, isKnown) {
  conversation.ask(work.task);
  if (!isKnown) await lookUp(work, conversation);
  const code = readFileSync(new URL(`programs/${work.name}.ts`, import.meta.url), "utf8").trimEnd();
  await conversation.call([{ server: "sluice", name: "execute_code", input: { code } }]);
  conversation.answer(work.answer);
}

/** @param {Case} work @param {Conversation} conversation */
async function lookUp({ searches, look }, conversation) {
  const found = await conversation.call(
    searches.map(({ query }) => ({
      ...{ server: "sluice", name: "search_tools" },
      input: { query, detail: "summary", limit: 2 },
    })),
  );
  for (const [at, { query, needs }] of searches.entries())
    // Then a model would have to search again, and the count would be wrong.
    if (!(found[at] ?? "").includes(JSON.stringify(needs)))
      throw new Error(`search_tools "${query}" did not find ${needs}: ${found[at]}`);
  if (look !== undefined) await conversation.call([look]);
}
