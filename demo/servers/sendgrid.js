import { randomUUID } from "node:crypto";
import { ToolFailure, adds, array, boolean, changes, integer, object, reads, serve, string } from "./serve.js";

const email = (/** @type {string} */ description) => string(description, { format: "email" });
const list = integer("How many to return", { minimum: 1, maximum: 500, default: 50 });

serve({
  name: "sendgrid",
  instructions:
    "SendGrid account for transactional and marketing mail. sendEmail sends one mail to one recipient at once. The verified sender is sales@sluice-demo.example.",
  tools: [
    {
      name: "sendEmail",
      description: "Sends one email. Give text, html or both.",
      input: object({
        to: email("Recipient"),
        subject: string("Subject line", { minLength: 1, maxLength: 998 }),
        "text?": string("Body as plain text"),
        "html?": string("Body as HTML"),
        "from?": email("Verified sender; the account's default if absent"),
        "replyTo?": email("Address for replies"),
        "categories?": array("Labels for statistics", string("Label")),
      }),
      output: object({
        messageId: string("Id of the accepted mail"),
        status: string("What happened", { enum: ["accepted"] }),
      }),
      annotations: adds,
      run: (mail, state) => {
        if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(mail.to))
          throw new ToolFailure(`Does not contain a valid address: to = "${mail.to}"`);
        if (mail.text === undefined && mail.html === undefined)
          throw new ToolFailure("The mail has no body: give text, html or both");
        const messageId = randomUUID();
        state.append("sent.jsonl", { messageId, sentAt: new Date().toISOString(), ...mail });
        return { messageId, status: "accepted" };
      },
    },
    {
      name: "sendTemplateEmail",
      description: "Sends one email from a dynamic template.",
      input: object({
        to: email("Recipient"),
        templateId: string("The template, d-…"),
        "dynamicTemplateData?": {
          type: "object",
          description: "Values for the template's placeholders",
          additionalProperties: true,
        },
      }),
      annotations: adds,
    },
    {
      name: "listTemplates",
      description: "Lists dynamic and legacy templates.",
      input: object({
        "generations?": string("Which kind", { enum: ["legacy", "dynamic", "legacy,dynamic"], default: "dynamic" }),
        "pageSize?": list,
      }),
      annotations: reads,
    },
    {
      name: "createTemplate",
      description: "Creates an empty dynamic template.",
      input: object({ name: string("Name", { maxLength: 100 }) }),
      annotations: adds,
    },
    {
      name: "addContact",
      description: "Adds a marketing contact, or updates the one with this address.",
      input: object({
        email: email("The contact's address"),
        "firstName?": string("First name"),
        "lastName?": string("Last name"),
        "listIds?": array("Lists to add the contact to", string("List id")),
      }),
      annotations: adds,
    },
    {
      name: "searchContacts",
      description: "Searches marketing contacts with a query in SendGrid's query language.",
      input: object({ query: string("For example: email LIKE 'ada%' AND CONTAINS(list_ids, 'abc')") }),
      annotations: reads,
    },
    {
      name: "deleteContacts",
      description: "Deletes marketing contacts by id.",
      input: object({
        ids: array("Contact ids", string("Contact id")),
        "deleteAll?": boolean("Delete every contact instead", { default: false }),
      }),
      annotations: changes,
    },
    {
      name: "listContactLists",
      description: "Lists the contact lists of the account.",
      input: object({ "pageSize?": list, "pageToken?": string("Token of the next page") }),
      annotations: reads,
    },
    {
      name: "createSingleSend",
      description: "Creates a campaign to one or more lists, as a draft.",
      input: object({
        name: string("Name of the campaign"),
        listIds: array("Lists that receive it", string("List id")),
        subject: string("Subject line"),
        htmlContent: string("Body as HTML"),
        "sendAt?": string("When to send; a draft if absent", { format: "date-time" }),
      }),
      annotations: adds,
    },
    {
      name: "getEmailStats",
      description: "Reads counts of requests, deliveries, opens, clicks and bounces per day.",
      input: object({
        startDate: string("First day", { format: "date" }),
        "endDate?": string("Last day; today if absent", { format: "date" }),
        "aggregatedBy?": string("Grouping", { enum: ["day", "week", "month"], default: "day" }),
      }),
      annotations: reads,
    },
    {
      name: "listBounces",
      description: "Lists addresses whose mail bounced, with the reason.",
      input: object({
        "startTime?": integer("From, in Unix seconds"),
        "endTime?": integer("To, in Unix seconds"),
        "limit?": list,
      }),
      annotations: reads,
    },
    {
      name: "deleteBounce",
      description: "Takes an address off the bounce list, so that it gets mail again.",
      input: object({ email: email("The address") }),
      annotations: changes,
    },
    {
      name: "validateEmail",
      description: "Says whether an address is likely to be deliverable.",
      input: object({ email: email("The address"), "source?": string("Where it came from, for statistics") }),
      annotations: reads,
    },
  ],
});
