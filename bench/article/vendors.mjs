// A server on loopback that plays Google Docs, Salesforce and Slack for their genuine MCP servers, with faults.
import { createServer } from "node:http";
import { ids, makeLeads, makeMeeting } from "../../demo/data.js";
import { createRandom } from "../../demo/random.js";
import { parseSoql, runSoql } from "../../demo/servers/soql.js";

/** What any service takes at least to answer over a network. */
export const ANSWER_MS = 50;
const SEED = 20_261_126;
const FAULTS = ["503", "429", "dropped"];

/**
 * What an iteration has done to the vendors.
 * @typedef {object} State
 * @property {{ channel: string, text: string }[]} messages
 * @property {{ id: string, fields: Record<string, unknown> }[]} updates
 * @property {number} requests
 * @property {number} faults
 */

/** Leads of the demo, with the user id that Slack knows each by. */
export const leads = makeLeads().map((lead, index) => ({
  ...lead,
  Slack_User_Id__c: `U07${(index * 104_729 + 46_656).toString(36).toUpperCase().padStart(8, "0")}`,
}));
export const meeting = makeMeeting();

/**
 * Starts it. `faultShare` of the requests fail before the service sees them: nothing is done for these.
 * @returns {Promise<{ url: string, state: State, begin: (faultShare: number, iteration: number) => void, close: () => Promise<void> }>}
 */
export async function startVendors() {
  /** @type {State} */
  const state = { messages: [], updates: [], requests: 0, faults: 0 };
  let faultShare = 0;
  let random = createRandom(SEED);

  const server = createServer((request, response) => {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      state.requests += 1;
      const fault = random.next() < faultShare ? random.pick(FAULTS) : undefined;
      if (fault !== undefined) state.faults += 1;
      setTimeout(() => {
        if (fault !== undefined) return fail(fault, response);
        const url = new URL(request.url ?? "/", "http://vendor");
        const { status, body, type } = answer(state, serverUrl(), {
          ...{ method: request.method ?? "GET", url, host: request.headers["x-vendor-host"] },
          body: Buffer.concat(chunks).toString("utf8"),
        });
        response.writeHead(status, { "content-type": type ?? "application/json; charset=utf-8" });
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      }, ANSWER_MS);
    });
  });
  const serverUrl = () => {
    const address = server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  };
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  return {
    url: serverUrl(),
    state,
    begin(share, iteration) {
      Object.assign(state, { messages: [], updates: [], requests: 0, faults: 0 });
      faultShare = share;
      random = createRandom(SEED + iteration);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a balancer in front of a service says. @param {string} kind @param {import("node:http").ServerResponse} response */
function fail(kind, response) {
  if (kind === "dropped") return response.socket?.destroy();
  const [status, words] = kind === "503" ? [503, "Service Unavailable"] : [429, "Too Many Requests"];
  response.writeHead(status, { "content-type": "text/html", ...(status === 429 ? { "retry-after": "1" } : {}) });
  response.end(`<html><head><title>${status} ${words}</title></head><body><h1>${status} ${words}</h1></body></html>`);
}

/** @typedef {{ method: string, url: URL, host: unknown, body: string }} Asked */
/** @typedef {{ status: number, body: unknown, type?: string }} Answer */

/** @param {State} state @param {string} serverUrl @param {Asked} asked @returns {Answer} */
function answer(state, serverUrl, asked) {
  const { method, url, host } = asked;
  const path = url.pathname;
  if (host === "slack.com" && path === "/api/chat.postMessage") return postMessage(state, JSON.parse(asked.body));
  if (host === "docs.googleapis.com" && path === `/v1/documents/${ids.transcript}`)
    return { status: 200, body: makeDocument() };
  if (host === undefined && path.startsWith("/services/Soap/u/"))
    return { status: 200, type: "text/xml", body: makeLogin(serverUrl) };
  if (host === undefined && /^\/services\/data\/v[\d.]+\/query$/.test(path))
    return query(url.searchParams.get("q") ?? "");
  if (method === "PATCH" && /^\/services\/data\/v[\d.]+\/composite\/sobjects$/.test(path))
    return update(state, JSON.parse(asked.body));
  return { status: 404, body: { error: `The bench's vendors have no ${method} ${String(host)} ${path}` } };
}

/** @param {string} soql @returns {Answer} */
function query(soql) {
  try {
    const records = runSoql(parseSoql(soql), leads).map((record) => ({
      attributes: { type: "Lead", url: `/services/data/v59.0/sobjects/Lead/${record["Id"] ?? ""}` },
      ...record,
    }));
    return { status: 200, body: { totalSize: records.length, done: true, records } };
  } catch (error) {
    return { status: 400, body: [{ errorCode: "MALFORMED_QUERY", message: String(error) }] };
  }
}

/** @param {State} state @param {{ records: Record<string, unknown>[] }} request @returns {Answer} */
function update(state, { records }) {
  for (const { id, attributes: _, ...fields } of records) state.updates.push({ id: String(id), fields });
  return { status: 200, body: records.map(({ id }) => ({ id, success: true, errors: [] })) };
}

/** As Slack documents its answer: the message comes back with its blocks and the bot's profile. @param {State} state @param {{ channel: string, text: string }} message @returns {Answer} */
function postMessage(state, { channel, text }) {
  state.messages.push({ channel, text });
  const ts = `17641${String(60_000 + state.messages.length)}.${String(state.messages.length * 7_919)
    .padStart(6, "0")
    .slice(-6)}`;
  const icons = "https://a.slack-edge.com/80588/img/plugins/app/bot";
  const message = {
    ...{
      user: "U08ASSIST01",
      type: "message",
      ts,
      bot_id: "B08ASSIST01",
      app_id: "A08ASSIST01",
      text,
      team: "T08NWIND001",
    },
    bot_profile: {
      ...{ id: "B08ASSIST01", deleted: false, name: "assistant", updated: 1_760_000_000, app_id: "A08ASSIST01" },
      ...{ user_id: "U08ASSIST01", team_id: "T08NWIND001" },
      icons: { image_36: `${icons}_36.png`, image_48: `${icons}_48.png`, image_72: `${icons}_72.png` },
    },
    blocks: [
      {
        ...{ type: "rich_text", block_id: ts.slice(-5) },
        elements: [{ type: "rich_text_section", elements: [{ type: "text", text }] }],
      },
    ],
  };
  return { status: 200, body: { ok: true, channel: channel.replace(/^U/, "D"), ts, message } };
}

function makeDocument() {
  let index = 1;
  const content = meeting.content.split(/(?<=\n)/).map((line) => {
    const startIndex = index;
    index += line.length;
    const place = { startIndex, endIndex: index };
    return { ...place, paragraph: { elements: [{ ...place, textRun: { content: line, textStyle: {} } }] } };
  });
  return {
    ...{ documentId: ids.transcript, title: meeting.title },
    tabs: [{ tabProperties: { tabId: "t.0", title: "Tab 1", index: 0 }, documentTab: { body: { content } } }],
  };
}

/** @param {string} serverUrl */
function makeLogin(serverUrl) {
  return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><loginResponse><result><passwordExpired>false</passwordExpired><serverUrl>${serverUrl}/services/Soap/u/59.0/00D5f000001bench</serverUrl><sessionId>00D5f000001bench!session</sessionId><userId>0055f000001bench</userId><userInfo><organizationId>00D5f000001bench</organizationId></userInfo></result></loginResponse></soapenv:Body></soapenv:Envelope>`;
}
