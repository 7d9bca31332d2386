import { makeLeads } from "../data.js";
import { ToolFailure, adds, array, boolean, changes, integer, object, reads, serve, string } from "./serve.js";
import { SoqlError, parseSoql, runSoql } from "./soql.js";

/** @typedef {import("./serve.js").State} State */
/** @typedef {import("./soql.js").SalesforceRecord} SalesforceRecord */

/** The longest text that a field takes, as Salesforce's long text areas do. */
const fieldCharsMax = 131_072;

const objectType = string("API name of the object, for example Lead", { examples: ["Lead", "Contact", "Opportunity"] });
const recordId = string("Id of the record, 15 or 18 characters", { minLength: 15, maxLength: 18 });
const data = { type: "object", description: "Field API names with their new values", additionalProperties: true };

/**
 * Leads as they are now: what was seeded, with every change laid over it.
 * @param {State} state
 * @returns {SalesforceRecord[]}
 */
function leads(state) {
  const records = new Map(state.seeded("leads.json", makeLeads).map((lead) => [lead.Id, { ...lead }]));
  for (const { recordId: id, data: fields } of state.lines("changes.jsonl"))
    Object.assign(records.get(id) ?? {}, fields);
  return [...records.values()];
}

/** @param {State} state @param {string} type @returns {SalesforceRecord[]} */
function recordsOf(state, type) {
  if (type.toLowerCase() === "lead") return leads(state);
  throw new ToolFailure(`INVALID_TYPE: sObject type '${type}' is not in the demo, which has Lead only`);
}

/** @param {State} state @param {string} type @param {string} id @returns {SalesforceRecord} */
function find(state, type, id) {
  const record = recordsOf(state, type).find((each) => each["Id"] === id);
  if (record === undefined) throw new ToolFailure(`NOT_FOUND: no ${type} with Id ${id}. Query for the Id first`);
  return record;
}

serve({
  name: "salesforce",
  instructions:
    "Salesforce org of the sales team. Read with query (SOQL) or getRecord, write with updateRecord. Leads carry three engagement scores from 0 to 100 (Email_Score__c, Meeting_Score__c, Web_Score__c), Slack_Handle__c, and Notes, a long text field.",
  tools: [
    {
      name: "query",
      description:
        "Runs a SOQL query and returns an array of records, each with the selected fields. Supports WHERE with =, !=, <, >, <=, >=, LIKE, IN, NOT IN, AND, OR, NOT; ORDER BY; LIMIT; OFFSET; COUNT(), which returns [{ expr0: n }].",
      input: object({
        query: string("SOQL, for example SELECT Id, Email FROM Lead WHERE Status = 'New' LIMIT 10", {
          minLength: 1,
          maxLength: 20_000,
        }),
      }),
      annotations: reads,
      run: ({ query }, state) => {
        try {
          const parsed = parseSoql(query);
          return runSoql(parsed, recordsOf(state, parsed.objectType));
        } catch (error) {
          if (error instanceof SoqlError) throw new ToolFailure(error.message);
          throw error;
        }
      },
    },
    {
      name: "updateRecord",
      description: "Updates fields of one record and leaves the others as they are.",
      input: object({ objectType, recordId, data }),
      output: object({ id: string("Id of the record"), success: boolean("Whether it was saved") }),
      annotations: { ...changes, idempotentHint: true },
      run: ({ objectType: type, recordId: id, data: fields }, state) => {
        const record = find(state, type, id);
        for (const [field, value] of Object.entries(fields)) {
          if (!Object.hasOwn(record, field))
            throw new ToolFailure(`INVALID_FIELD: no such column '${field}' on ${type}`);
          if (field === "Id") throw new ToolFailure("INVALID_FIELD_FOR_INSERT_UPDATE: Id cannot be changed");
          if (value !== null && typeof value === "object")
            throw new ToolFailure(`JSON_PARSER_ERROR: ${field} takes a single value`);
          if (typeof value === "string" && value.length > fieldCharsMax)
            throw new ToolFailure(
              `STRING_TOO_LONG: ${field} takes at most ${fieldCharsMax} characters, got ${value.length}`,
            );
        }
        state.append("changes.jsonl", { recordId: id, data: fields, at: new Date().toISOString() });
        return { id, success: true };
      },
    },
    {
      name: "getRecord",
      description: "Reads one record by its id, with all its fields or the given ones.",
      input: object({ objectType, recordId, "fields?": array("Only these fields", string("Field API name")) }),
      annotations: reads,
      run: ({ objectType: type, recordId: id, fields }, state) => {
        const record = find(state, type, id);
        if (fields === undefined) return record;
        return Object.fromEntries(
          fields.map((/** @type {string} */ field) => {
            if (!Object.hasOwn(record, field))
              throw new ToolFailure(`INVALID_FIELD: no such column '${field}' on ${type}`);
            return [field, record[field]];
          }),
        );
      },
    },
    {
      name: "createRecord",
      description: "Creates a record and returns its id.",
      input: object({ objectType, data }),
      annotations: adds,
    },
    {
      name: "deleteRecord",
      description: "Moves a record to the recycle bin.",
      input: object({ objectType, recordId }),
      annotations: changes,
    },
    {
      name: "upsertRecord",
      description: "Updates the record with this external id, or creates it.",
      input: object({
        objectType,
        externalIdField: string("API name of the external id field"),
        externalId: string("Its value"),
        data,
      }),
      annotations: changes,
    },
    {
      name: "search",
      description: "Runs a SOSL search over several objects.",
      input: object({ sosl: string("SOSL, for example FIND {Northwind} IN ALL FIELDS RETURNING Lead(Id, Name)") }),
      annotations: reads,
    },
    {
      name: "describeObject",
      description: "Describes an object: its fields with their types, its relationships and record types.",
      input: object({ objectType, "includeFields?": boolean("With the field list", { default: true }) }),
      annotations: reads,
    },
    {
      name: "listObjects",
      description: "Lists the objects of the org, standard and custom.",
      input: object({ "pattern?": string("Only names that contain this") }),
      annotations: reads,
    },
    {
      name: "convertLead",
      description: "Converts a lead to an account, a contact and, if wanted, an opportunity.",
      input: object({
        leadId: recordId,
        convertedStatus: string("Status of the converted lead"),
        "accountId?": string("Existing account to use"),
        "doNotCreateOpportunity?": boolean("Without an opportunity", { default: false }),
      }),
      annotations: changes,
    },
    {
      name: "logActivity",
      description: "Logs a call, a mail or a meeting as a completed task on a record.",
      input: object({
        recordId,
        subject: string("What it was about"),
        type: string("Kind of activity", { enum: ["Call", "Email", "Meeting"] }),
        "description?": string("Details"),
        "activityDate?": string("Day of the activity", { format: "date" }),
      }),
      annotations: adds,
    },
    {
      name: "runReport",
      description: "Runs a saved report and returns its rows.",
      input: object({
        reportId: string("Id of the report"),
        "includeDetails?": boolean("With detail rows", { default: true }),
        "limit?": integer("At most this many rows", { minimum: 1, maximum: 2000, default: 2000 }),
      }),
      annotations: reads,
    },
    {
      name: "executeApex",
      description: "Runs anonymous Apex and returns its debug log.",
      input: object({
        apexCode: string("The Apex to run"),
        "logLevel?": string("Level of the log", { enum: ["NONE", "ERROR", "WARN", "INFO", "DEBUG"], default: "DEBUG" }),
      }),
      annotations: changes,
    },
  ],
});
