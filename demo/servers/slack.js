import { ids } from "../data.js";
import { ToolFailure, adds, array, boolean, changes, integer, object, reads, serve, string } from "./serve.js";

/** @typedef {import("./serve.js").State} State */
/** @typedef {{ channel: string, ts: string, user: string, text: string, thread_ts?: string }} Message */

const deployMs = 3_000;
const channel = string("Channel id (C123456), or a member's handle (@ada.lovelace) for a direct message", {
  minLength: 2,
});
const ts = string("Timestamp of the message, which is its id");

/** @returns {Message[]} */
function firstMessages() {
  return [
    {
      channel: ids.deployments,
      ts: "1795420800.000100",
      user: "release-bot",
      text: "Deployment of shop-api 4.18.0 started by Yuki Tanabe",
    },
    {
      channel: ids.deployments,
      ts: "1795420812.000200",
      user: "release-bot",
      text: "shop-api 4.18.0: image built, migrations running",
    },
    {
      channel: ids.sales,
      ts: "1795417200.000300",
      user: "marcus.bell",
      text: "Northwind meeting went well, action items to follow",
    },
  ];
}

/**
 * All messages, oldest first. The deployment ends a few seconds after the first look at its channel.
 * @param {State} state
 * @param {string} seenChannel
 * @returns {Message[]}
 */
function messages(state, seenChannel) {
  const all = [...state.seeded("messages.json", firstMessages), ...state.lines("sent.jsonl")];
  if (seenChannel !== ids.deployments) return all;
  const { startedAt } = state.seeded("deployment.json", () => ({ startedAt: Date.now() }));
  const endedAt = startedAt + deployMs;
  if (Date.now() < endedAt) return all;
  return [
    ...all,
    {
      channel: ids.deployments,
      ts: toTs(endedAt),
      user: "release-bot",
      text: "shop-api 4.18.0: deployment complete, 0 errors",
    },
  ];
}

/** @param {number} ms @param {number} [counter] @returns {string} */
function toTs(ms, counter = 0) {
  return `${Math.floor(ms / 1_000)}.${String((ms % 1_000) * 1_000 + (counter % 1_000)).padStart(6, "0")}`;
}

let sent = 0;

serve({
  name: "slack",
  instructions:
    "Slack workspace of the sales and delivery teams. sendMessage posts to a channel id or, with a handle such as @ada.lovelace, as a direct message. getChannelHistory gives the newest messages first. #deployments is C123456, #sales is C0SALES01.",
  tools: [
    {
      name: "sendMessage",
      description: "Sends a message to a channel or, with a handle, to one person.",
      input: object({
        channel,
        text: string("The text, in Slack's mrkdwn", { minLength: 1, maxLength: 40_000 }),
        "thread_ts?": string("Reply in the thread of this message"),
      }),
      output: object({
        ok: boolean("Whether it was sent"),
        channel: string("Where it went"),
        ts,
        message: object({ user: string("Who sent it"), text: string("The text as sent"), ts }),
      }),
      annotations: adds,
      run: ({ channel: to, text, thread_ts }, state) => {
        if (!/^(@[\w.-]+|[CDG][A-Z0-9]{5,})$/.test(to))
          throw new ToolFailure(`channel_not_found: "${to}" is neither a channel id nor a handle`);
        sent += 1;
        const message = {
          channel: to,
          ts: toTs(Date.now(), sent),
          user: "sales-agent",
          text,
          ...(thread_ts && { thread_ts }),
        };
        state.append("sent.jsonl", message);
        return { ok: true, channel: to, ts: message.ts, message: { user: message.user, text, ts: message.ts } };
      },
    },
    {
      name: "getChannelHistory",
      description:
        "Reads the newest messages of a channel. Returns an array of messages ({ channel, ts, user, text }), the newest first.",
      input: object({
        channel,
        "limit?": integer("At most this many", { minimum: 1, maximum: 1000, default: 100 }),
        "oldest?": string("Only messages after this timestamp"),
      }),
      annotations: reads,
      run: ({ channel: from, limit = 100, oldest = "" }, state) =>
        messages(state, from)
          .filter((message) => message.channel === from && message.ts > oldest)
          .toReversed()
          .slice(0, limit),
    },
    {
      name: "listChannels",
      description: "Lists public channels of the workspace.",
      input: object({
        "limit?": integer("At most this many", { minimum: 1, maximum: 1000, default: 100 }),
        "cursor?": string("Cursor of the next page"),
        "excludeArchived?": boolean("Leave out archived channels", { default: true }),
      }),
      annotations: reads,
    },
    {
      name: "replyToThread",
      description: "Replies in the thread of a message.",
      input: object({
        channel,
        thread_ts: string("The thread's first message"),
        text: string("The reply"),
        "broadcast?": boolean("Show it in the channel too", { default: false }),
      }),
      annotations: adds,
    },
    {
      name: "getThreadReplies",
      description: "Reads all replies of a thread.",
      input: object({ channel, thread_ts: string("The thread's first message") }),
      annotations: reads,
    },
    {
      name: "addReaction",
      description: "Adds an emoji reaction to a message.",
      input: object({ channel, timestamp: ts, name: string("Emoji name without colons, for example thumbsup") }),
      annotations: adds,
    },
    {
      name: "updateMessage",
      description: "Changes the text of a message that this app has sent.",
      input: object({ channel, ts, text: string("The new text") }),
      annotations: changes,
    },
    {
      name: "deleteMessage",
      description: "Deletes a message that this app has sent.",
      input: object({ channel, ts }),
      annotations: changes,
    },
    {
      name: "scheduleMessage",
      description: "Schedules a message for later.",
      input: object({ channel, text: string("The text"), post_at: integer("When to send it, in Unix seconds") }),
      annotations: adds,
    },
    {
      name: "searchMessages",
      description: "Searches messages across the channels that the app can see.",
      input: object({
        query: string("Search words and modifiers, for example in:#sales from:@ada"),
        "count?": integer("Results per page", { minimum: 1, maximum: 100, default: 20 }),
        "sort?": string("Order", { enum: ["score", "timestamp"], default: "score" }),
      }),
      annotations: reads,
    },
    {
      name: "listUsers",
      description: "Lists the members of the workspace with their profiles.",
      input: object({
        "limit?": integer("At most this many", { minimum: 1, maximum: 1000, default: 100 }),
        "cursor?": string("Cursor of the next page"),
      }),
      annotations: reads,
    },
    {
      name: "getUserProfile",
      description: "Reads the profile of one member.",
      input: object({ user: string("User id or handle"), "fields?": array("Only these fields", string("Field name")) }),
      annotations: reads,
    },
    {
      name: "uploadFile",
      description: "Uploads a file and shares it in channels.",
      input: object({
        channels: array("Channels to share it in", channel),
        filename: string("Name of the file"),
        content: string("Its content as text"),
        "initial_comment?": string("Message that comes with it"),
      }),
      annotations: adds,
    },
  ],
});
