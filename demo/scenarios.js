import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ids, makeLeads, makeMeeting, makeOrders } from "./data.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {{ folder: string, workspace?: string, reported: string }} Evidence where the servers keep their state, and what the agent read last */

/**
 * One piece of work, as a program and by direct calls. `direct` answers what it would tell the user.
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title
 * @property {string[]} tasks what the user asks, one after the other
 * @property {string[]} programs one per task
 * @property {{ query: string, needs: string[] }} search how the code agent looks its tools up, and what it has to find
 * @property {import("./conversation.js").Call} [first] a direct call that the code agent makes before its program
 * @property {((conversation: Conversation, previous: string) => Promise<string>)[]} direct one per task; gets what the one before answered
 * @property {string[]} answers what the agent says in the end, on both sides
 * @property {(evidence: Evidence) => string | undefined} check what is wrong with the state afterwards
 */

/** How long a direct agent needs at least between two looks at a channel: a quick model's turn. */
const turnMs = 2_000;

const customer = { objectType: "Lead", recordId: ids.lead };
const offer = (/** @type {string} */ name) => `Dear ${name}, your offer is ready. Reply to this mail and we call you.`;
const invitation = (/** @type {{ FirstName: string, Company: string }} */ { FirstName, Company }) =>
  `Hi ${FirstName}, thank you for your interest in our order platform! I would love to show you what it could do for ${Company}. Which day next week suits you for a short call?`;
const isGood = (/** @type {import("./data.js").Lead} */ lead) =>
  (lead.Email_Score__c + lead.Meeting_Score__c + lead.Web_Score__c) / 3 >= 60;
const isOffered = (/** @type {import("./data.js").Lead} */ lead) =>
  lead.Status === "Qualified" && lead["LeadSource"] === "Webinar";
const offered = "SELECT Id, FirstName, Email FROM Lead WHERE Status = 'Qualified' AND LeadSource = 'Webinar'";

/** @param {string} content @returns {string} */
const actionItems = (content) =>
  content
    .split("\n")
    .flatMap((line) => line.split("Action item for ")[1] ?? [])
    .map((item) => `• ${item}`)
    .join("\n");

/** @param {readonly import("./data.js").Order[]} rows */
function summarise(rows) {
  /** @type {Map<string, number>} */
  const cents = new Map();
  const pending = rows.filter((row) => row.Status === "pending");
  for (const { Region, Amount } of pending) cents.set(Region, (cents.get(Region) ?? 0) + Math.round(Amount * 100));
  const byRegion = Object.fromEntries(
    [...cents].sort(([a], [b]) => a.localeCompare(b)).map(([region, sum]) => [region, sum / 100]),
  );
  return { rows: rows.length, pending: pending.length, byRegion };
}

/** One call of one turn; answers its result's text. @param {Conversation} conversation @param {string} server @param {string} name @param {Record<string, unknown>} input */
async function callOne(conversation, server, name, input) {
  const [text = ""] = await conversation.call([{ server, name, input }]);
  return text;
}

/** @param {string} folder @param {string} name @returns {any[]} the lines of a server's log */
function readLines(folder, name) {
  const path = join(folder, name);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** @param {string} what @param {readonly string[]} found @param {readonly string[]} expected @returns {string | undefined} */
function compareAll(what, found, expected) {
  if (JSON.stringify(found.toSorted()) === JSON.stringify(expected.toSorted())) return undefined;
  return `expected ${expected.length} ${what}, found ${found.length}, or others`;
}

/** @type {Scenario[]} */
export const scenarios = [
  {
    name: "transcript",
    title: "Two-hour transcript into a lead's notes",
    tasks: [`Copy the meeting transcript (Drive document ${ids.transcript}) into the Notes of lead ${ids.lead}.`],
    programs: ["1-transcript.ts"],
    search: { query: "read document, update record", needs: ["gdrive.getDocument", "salesforce.updateRecord"] },
    direct: [
      async (conversation) => {
        const document = JSON.parse(
          await callOne(conversation, "gdrive", "getDocument", { documentId: ids.transcript }),
        );
        return await callOne(conversation, "salesforce", "updateRecord", {
          ...customer,
          data: { Notes: document.content },
        });
      },
    ],
    answers: ["The transcript is now in the notes of Dana Whitfield's lead."],
    check: ({ folder }) => {
      const last = readLines(folder, "salesforce/changes.jsonl").findLast((change) => change.recordId === ids.lead);
      return last?.data.Notes === makeMeeting().content
        ? undefined
        : "the lead's notes are not the transcript, character for character";
    },
  },
  {
    name: "leads",
    title: "500 leads: pick the good ones, message each",
    tasks: [
      "Look at all leads. Send each one whose three engagement scores average 60 or more a personal Slack message: thank them for their interest in our order platform, offer to show what it could do for their company, ask which day next week suits for a short call.",
    ],
    programs: ["2-leads.ts"],
    search: { query: "SOQL query, send Slack message", needs: ["salesforce.query", "slack.sendMessage"] },
    direct: [
      async (conversation) => {
        // SOQL cannot average three fields, so the leads have to be looked at.
        const query =
          "SELECT Id, FirstName, Company, Slack_Handle__c, Email_Score__c, Meeting_Score__c, Web_Score__c FROM Lead";
        /** @type {import("./data.js").Lead[]} */
        const leads = JSON.parse(await callOne(conversation, "salesforce", "query", { query }));
        const good = leads.filter(isGood);
        await conversation.call(
          good.map((lead) => ({
            server: "slack",
            name: "sendMessage",
            input: { channel: lead.Slack_Handle__c, text: invitation(lead) },
          })),
        );
        return `${good.length}`;
      },
    ],
    answers: ["I have sent a personal message to each of the leads that score 60 or more."],
    check: ({ folder }) => {
      const sent = readLines(folder, "slack/sent.jsonl").filter((message) => message.channel.startsWith("@"));
      const expected = makeLeads().filter(isGood);
      return compareAll(
        "direct messages",
        sent.map(({ channel, text }) => `${channel} ${text}`),
        expected.map((lead) => `${lead.Slack_Handle__c} ${invitation(lead)}`),
      );
    },
  },
  {
    name: "orders",
    title: "10,000 rows: filter, sum, return a summary",
    tasks: [`How many orders in the sheet ${ids.orders} are pending, and what are they worth by region?`],
    programs: ["3-orders.ts"],
    search: { query: "read sheet rows", needs: ["gdrive.getSheet"] },
    direct: [
      async (conversation) => {
        const rows = JSON.parse(await callOne(conversation, "gdrive", "getSheet", { sheetId: ids.orders }));
        // A model would have to add these up in its head; the script lends it a calculator.
        return JSON.stringify(summarise(rows));
      },
    ],
    answers: [describeSummary()],
    check: ({ folder, reported }) => {
      const expected = JSON.stringify(summarise(makeOrders()));
      if (!reported.includes(expected)) return `the reported summary is not ${expected}`;
      const stored = JSON.stringify(summarise(JSON.parse(readFileSync(join(folder, "gdrive/orders.json"), "utf8"))));
      return stored === expected ? undefined : "the sheet itself has changed";
    },
  },
  {
    name: "deployment",
    title: "Wait for a deployment message, tell #sales",
    tasks: [
      `Wait until the deployment is reported complete in Slack channel ${ids.deployments}, then post that message to ${ids.sales} after the words "Live now: ".`,
    ],
    programs: ["4-deployment.ts"],
    search: { query: "channel history, send message", needs: ["slack.getChannelHistory", "slack.sendMessage"] },
    direct: [
      async (conversation) => {
        for (;;) {
          /** @type {{ text: string }[]} */
          const messages = JSON.parse(
            await callOne(conversation, "slack", "getChannelHistory", { channel: ids.deployments, limit: 5 }),
          );
          const done = messages.find((message) => message.text.includes("deployment complete"));
          if (done !== undefined) {
            return await callOne(conversation, "slack", "sendMessage", {
              channel: ids.sales,
              text: `Live now: ${done.text}`,
            });
          }
          await conversation.pass(turnMs);
        }
      },
    ],
    answers: ["The deployment of shop-api 4.18.0 is complete, and #sales knows."],
    check: ({ folder }) => {
      const told = readLines(folder, "slack/sent.jsonl").filter((message) => message.text.startsWith("Live now: "));
      if (told.length !== 1 || !told[0].text.includes("deployment complete")) return "#sales was not told, or not once";
      const { startedAt } = JSON.parse(readFileSync(join(folder, "slack/deployment.json"), "utf8"));
      return Number(told[0].ts) * 1_000 >= startedAt + 3_000
        ? undefined
        : "#sales was told before the deployment was complete";
    },
  },
  {
    name: "resume",
    title: "Save leads in one step, mail them in the next",
    tasks: [
      "Collect the qualified leads that came from a webinar: id, first name and mail address. Keep them for the next step.",
      "Now mail each of them that the offer is ready.",
    ],
    programs: ["5a-save-leads.ts", "5b-mail-leads.ts"],
    search: { query: "SOQL query, send email", needs: ["salesforce.query", "sendgrid.sendEmail"] },
    direct: [
      async (conversation) => await callOne(conversation, "salesforce", "query", { query: offered }),
      async (conversation, previous) => {
        /** @type {import("./data.js").Lead[]} */
        const leads = JSON.parse(previous);
        const results = await conversation.call(
          leads.map((lead) => ({
            server: "sendgrid",
            name: "sendEmail",
            input: { to: lead.Email, subject: "Your offer", text: offer(lead.FirstName) },
          })),
        );
        return `${results.length}`;
      },
    ],
    answers: ["I have the qualified leads from webinars ready.", "Each of them has a mail now."],
    check: ({ folder, workspace }) => {
      const expected = makeLeads().filter(isOffered);
      if (workspace !== undefined) {
        // What the program kept has tokens in it; the mails below show that they still mean the same in the next step.
        const saved = readFileSync(join(workspace, "leads.csv"), "utf8").split("\n").slice(1);
        const ids = saved.map((line) => /^(\w+),\[NAME_\d+\],\[EMAIL_\d+\]$/.exec(line)?.[1] ?? line);
        const problem = compareAll(
          "saved lines",
          ids,
          expected.map((lead) => lead.Id),
        );
        if (problem !== undefined) return problem;
      }
      const sent = readLines(folder, "sendgrid/sent.jsonl");
      return compareAll(
        "mails",
        sent.map(({ to, text }) => `${to} ${text}`),
        expected.map((lead) => `${lead.Email} ${offer(lead.FirstName)}`),
      );
    },
  },
  {
    name: "hybrid",
    title: "Hybrid: one direct call, then a program",
    tasks: [
      `Find the Northwind transcript in Drive and post its action items, as one list, to Slack channel ${ids.sales}.`,
    ],
    programs: ["6-action-items.ts"],
    search: {
      query: "find document, read document, send message",
      needs: ["gdrive.findDocument", "gdrive.getDocument", "slack.sendMessage"],
    },
    first: {
      server: "sluice",
      name: "call_tool",
      input: { tool: "gdrive.findDocument", arguments: { query: "Northwind transcript" } },
    },
    direct: [
      async (conversation) => {
        const found = JSON.parse(
          await callOne(conversation, "gdrive", "findDocument", { query: "Northwind transcript" }),
        );
        const document = JSON.parse(
          await callOne(conversation, "gdrive", "getDocument", { documentId: found.files[0].id }),
        );
        return await callOne(conversation, "slack", "sendMessage", {
          channel: ids.sales,
          text: actionItems(document.content),
        });
      },
    ],
    answers: ["The twelve action items are in #sales."],
    check: ({ folder }) => {
      const posted = readLines(folder, "slack/sent.jsonl").filter((message) => message.text.startsWith("• "));
      return compareAll(
        "lists of action items",
        posted.map((message) => message.text),
        [actionItems(makeMeeting().content)],
      );
    },
  },
];

/** @returns {string} the summary as an agent would put it */
function describeSummary() {
  const { pending, byRegion } = summarise(makeOrders());
  const regions = Object.entries(byRegion).map(([region, sum]) => `${region} ${sum.toFixed(2)}`);
  return `${pending} orders are pending: ${regions.join(", ")}.`;
}
