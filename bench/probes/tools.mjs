// The tools of the bench's MCP server as plain functions, for systems whose tools are functions of their host.
import { makeRows } from "../parts/rows.mjs";

let running = 0;

/** Whether every call has ended. */
export const isIdle = () => running === 0;

/** @type {Record<string, (args: any) => Promise<unknown>>} */
export const tools = {
  get_record: counted(({ id }) => ({ id, name: `Record ${id}`, tags: ["a", "b"], amount: id * 3 })),
  wait: counted(async ({ ms }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return { waited: ms };
  }),
  // A server answers with text, which is read for every call.
  rows: counted(({ megabytes }) => JSON.parse(makeRows(megabytes))),
  fail: counted(() => {
    throw new Error("Ticket 4711 is locked by Ada");
  }),
};

/** @param {(args: any) => unknown} work @returns {(args: any) => Promise<unknown>} */
function counted(work) {
  return async (args) => {
    running += 1;
    try {
      return await work(args ?? {});
    } finally {
      running -= 1;
    }
  };
}

/** The parameters of each, by JSON type. @type {Record<string, Record<string, "number">>} */
export const parameters = {
  get_record: { id: "number" },
  wait: { ms: "number" },
  rows: { megabytes: "number" },
  fail: {},
};

/**
 * What a peer answered, in the table's terms.
 * @param {{ ok: boolean, value?: unknown, error?: unknown, logs?: readonly unknown[] | undefined }} answer
 * @returns {import("./verdicts.mjs").Ran}
 */
export function toRan({ ok, value, error, logs = [] }) {
  const message = ok ? undefined : String(/** @type {any} */ (error)?.message ?? error);
  const name = /** @type {any} */ (error)?.name;
  const chars = (/** @type {unknown} */ part) => (part === undefined ? 0 : (JSON.stringify(part)?.length ?? 0));
  return {
    ok,
    value,
    ...(message === undefined ? {} : { message: typeof name === "string" ? `${name}: ${message}` : message }),
    logs: logs.length,
    answerChars: chars(value) + chars(logs) + chars(message),
  };
}
