// How well personal data is found, on labelled texts with their own scorer, beside two libraries in the same run. The data
// is not part of this repository: SLUICE_BENCH_PII names its folder (score.mjs, sources.json, and dev.tar.gz or *.jsonl).
import { execFile } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { inFolder, load } from "./parts/ground.mjs";
import { measureWriting } from "./parts/written-json.mjs";
import { toValueRow } from "./parts/figures.mjs";

/**
 * @typedef {{ start: number, end: number, type: string }} Span
 * @typedef {{ id: string, text: string, spans: (Span & { value: string, weak?: boolean })[] }} Labelled
 * @typedef {(text: string) => Span[] | Promise<Span[]>} System
 * @typedef {{ P: number | null, R: number | null, leak: number | null, gold: number, pred: number }} Figures
 */

const PEERS = ["@openredaction/core@1.1.5", "redact-pii@3.4.0"];
const TOOL_RESULTS = "mcp_tool_results";
const BENIGN = "mcp_benign";
/** What is about the second net, not about detection. */
const leftOut = new Set(["leak_transforms"]);
const SPEED_CHARACTERS = 2_000_000;
const SPEED_RUNS = 5;
const MEGA = 1_000_000;

/** Our classes by the names of the scorer; the others are called the same. */
const scorerTypes = new Map([
  ["NAME", "PERSON"],
  ["CARD", "CREDIT_CARD"],
  ["BANK", "BANK_ACCOUNT"],
  ["GOV_ID", "NATIONAL_ID"],
]);
/** Goals on tool results, all classes: recall of the scorer's groups. */
const recallMin = { EMAIL: 0.99, CREDIT_CARD: 0.99, BANK: 0.99, NET: 0.99, SECRET: 0.99, PHONE: 0.95, PERSON: 0.8 };
const PRECISION_MIN = 0.97;

/** @type {import("./parts/figures.mjs").Benchmark} */
const privacy = {
  about: "personal data found in labelled texts, beside @openredaction/core and redact-pii",
  async run(say) {
    const folder = process.env["SLUICE_BENCH_PII"];
    if (folder === undefined || folder === "")
      return { rows: [], notes: ["skipped: SLUICE_BENCH_PII does not name the folder of the labelled texts"] };
    return await inFolder(async (temporary) => {
      const { score } = await import(pathToFileURL(join(folder, "score.mjs")).href);
      const sources = JSON.parse(readFileSync(join(folder, "sources.json"), "utf8"));
      const gold = await readGold(folder, temporary);
      // Before the others are loaded: in one process with them our speed is a third of what it is without.
      const speed = await measureSpeed(gold, say);
      const systems = [...(await openSluice()), ...(await openPeers(temporary, say))];
      /** @type {string[][]} */
      const lines = [];
      /** @type {import("./parts/figures.mjs").Row[]} */
      const rows = [];
      for (const [name, system] of systems) {
        for (const [source, records] of gold) {
          say(`${name}: ${source}`);
          const found = new Map();
          for (const { id, text } of records) found.set(id, { id, spans: await system(text) });
          const result = score(records, found, { types: "group", sources });
          if (name === "Sluice, all") rows.push(...toRows(source, result));
          lines.push([name, source, "all", ...toCells(result.total), String(Math.round(result.fpPerMB ?? 0))]);
          for (const [type, figures] of Object.entries(result.types))
            if (figures.gold > 0) lines.push([name, source, type, ...toCells(figures), ""]);
        }
      }
      rows.push(await measureTransforms(folder, temporary), await measureRestoring(folder, temporary));
      rows.push(...(await measureWriting(temporary, gold.get(TOOL_RESULTS) ?? [])), ...speed);
      const head = ["system", "source", "type", "labelled", "precision %", "recall %", "leak %", "false/MB"];
      const notes = [
        "leak: labelled letters and digits that nothing found covers; false/MB: findings of labelled types that are none",
        "a text that is JSON is read as the gateway does: by key first, then inside each value",
      ];
      return { rows, tables: [{ title: "By source and type", head, lines }], notes };
    });
  },
};
export default privacy;

/** @param {string} folder @param {string} temporary @returns {Promise<Map<string, Labelled[]>>} */
async function readGold(folder, temporary) {
  let from = folder;
  if (!readdirSync(folder).some((name) => name.endsWith(".jsonl"))) {
    const archive = join(folder, "dev.tar.gz");
    if (!existsSync(archive)) throw new Error(`${folder} has neither *.jsonl nor dev.tar.gz`);
    await promisify(execFile)("tar", ["-xzf", archive, "-C", temporary]);
    from = existsSync(join(temporary, "dev")) ? join(temporary, "dev") : temporary;
  }
  const names = readdirSync(from).filter((name) => name.endsWith(".jsonl") && !leftOut.has(name.slice(0, -6)));
  return new Map(names.sort().map((name) => [name.slice(0, -6), readLines(join(from, name))]));
}

/** What the second net finds of values that it knows, in forms that lose nothing. @param {string} folder @param {string} temporary */
async function measureTransforms(folder, temporary) {
  const { createDisguisedValues } = await load("privacy/disguised-values.js");
  const places = [folder, join(temporary, "dev"), temporary].map((place) => join(place, "leak_transforms.jsonl"));
  const records = readLines(places.find((place) => existsSync(place)) ?? "").filter(
    ({ spans }) => spans[0]?.weak !== true,
  );
  const caught = records.filter(({ text, spans: [span], meta }) => {
    const disguised = createDisguisedValues();
    for (const { type, value } of meta.known)
      disguised.add({ class: type === "PERSON" ? "NAME" : type, surface: value });
    return disguised.find(text).some((/** @type {any} */ { start, end }) => start < span.end && span.start < end);
  });
  return toValueRow(
    "known values in other forms: caught by the second net",
    "%",
    (100 * caught.length) / records.length,
    {
      min: 98,
    },
  );
}

/** Whether tokens in arguments become the values, as the cases say. @param {string} folder @param {string} temporary */
async function measureRestoring(folder, temporary) {
  const { createPrivacyCore } = await load("privacy/privacy-core.js");
  const { defaultClasses } = await load("privacy/classes.js");
  const cases = readLines(join(folder, "restore", "dev.jsonl")).filter(
    ({ arg, expect, expectError }) =>
      arg !== undefined && (expect ?? expectError) !== undefined && expectError !== "policy_denied",
  );
  let right = 0;
  for (const [index, one] of cases.entries()) {
    const core = createPrivacyCore({
      ...{
        directory: join(temporary, `restore-${index}`),
        scope: "bench",
        prose: false,
        own: [],
        mayMatch: false,
        secrets: [],
      },
      ...{ key: new Uint8Array(32).fill(1), sessionKey: new Uint8Array(32).fill(2), classes: defaultClasses },
    });
    const tokens = one.values.map((/** @type {any} */ { type, value, from }) => {
      const fields = { x: type === "PERSON" ? "NAME" : type };
      return core.seal({ value: { x: value }, server: from, mode: "seal", isLocal: false, fields }).value.x;
    });
    let got;
    try {
      got = JSON.stringify(core.restore(JSON.parse(fill(JSON.stringify(one.arg), tokens)), true, "bench"));
    } catch (error) {
      got = /** @type {any} */ (error).code;
    }
    if (got === (one.expectError ?? JSON.stringify(one.expect))) right += 1;
    core[Symbol.dispose]();
  }
  return toValueRow(`${cases.length} cases of restoring: right`, "", right, { min: cases.length });
}

/** Puts tokens where a case says, changed as it says. @param {string} text @param {readonly string[]} tokens */
function fill(text, tokens) {
  /** @type {Record<string, (token: string) => string>} */
  const changes = {
    lower: (token) => token.toLowerCase(),
    urlcomponent: encodeURIComponent,
    cutlast: (token) => token.slice(0, -1),
  };
  return text
    .replaceAll(/\{\{T(\d)(?::(\w+))?\}\}/g, (_, index, change) =>
      (changes[change] ?? ((token) => token))(tokens[index] ?? ""),
    )
    .replaceAll(/\{\{UNMINTED:(\w+)\}\}/g, "[$1_77]");
}

/** @param {string} file @returns {any[]} */
function readLines(file) {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** @returns {Promise<[string, System][]>} */
async function openSluice() {
  const { defaultClasses, optionalClasses } = await load("privacy/classes.js");
  const { createDetector } = await load("privacy/detect/detector.js");
  const all = new Set([...defaultClasses, ...optionalClasses]);
  const detectors = [
    ["Sluice, default", createDetector({ classes: new Set(defaultClasses), prose: false })],
    ["Sluice, all", createDetector({ classes: all, prose: false })],
    ["Sluice, all and prose", createDetector({ classes: all, prose: true })],
  ];
  return detectors.map(([name, detector]) => [name, (text) => toFindings(detector, text)]);
}

/** What the gateway would find: in JSON by member, otherwise in the text. @param {any} detector @param {string} text */
function toFindings(detector, text) {
  const node = toTree(text);
  /** @type {any[]} */
  const found = node === undefined ? detector.inText(text) : [];
  if (node !== undefined) walk(detector, text, node, [], [], found);
  return found.map(({ start, end, class: kind }) => ({ start, end, type: scorerTypes.get(kind) ?? kind }));
}

// Its ESM build imports without extensions, which Node.js does not resolve.
const { parseTree } = createRequire(import.meta.url)("jsonc-parser");

/** @param {string} text */
function toTree(text) {
  if (!/^\s*[[{]/u.test(text)) return undefined;
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return parseTree(text);
}

/** @param {any} detector @param {string} text @param {any} node @param {string[]} path @param {string[]} siblings @param {any[]} found */
function walk(detector, text, node, path, siblings, found) {
  if (node.type === "object") {
    const keys = node.children.map((/** @type {any} */ member) => member.children[0].value);
    for (const { children } of node.children) {
      const [key, value] = children;
      inString(detector, text, key, found);
      walk(
        detector,
        text,
        value,
        [...path, key.value],
        keys.filter((/** @type {string} */ other) => other !== key.value),
        found,
      );
    }
    return;
  }
  if (node.type === "array") {
    for (const child of node.children) walk(detector, text, child, path, siblings, found);
    return;
  }
  if (node.type !== "string" && node.type !== "number") return;
  const kind = path.length === 0 ? undefined : detector.ofMember({ path, value: node.value, siblings });
  const quote = node.type === "string" ? 1 : 0;
  if (kind === undefined) return inString(detector, text, node, found);
  found.push({ start: node.offset + quote, end: node.offset + node.length - quote, class: kind });
}

/** Findings inside one value, at their places in the raw text. @param {any} detector @param {string} text @param {any} node @param {any[]} found */
function inString(detector, text, node, found) {
  const quote = node.type === "string" ? 1 : 0;
  const base = node.offset + quote;
  const places = toPlaces(text.slice(base, node.offset + node.length - quote));
  for (const { start, end, class: kind } of detector.inText(String(node.value)))
    found.push({ start: base + (places[start] ?? 0), end: base + (places[end] ?? 0), class: kind });
}

/** For each character of a decoded string its offset in the raw one. @param {string} raw */
function toPlaces(raw) {
  const places = [];
  for (let at = 0; at < raw.length; at += raw[at] === "\\" ? (raw[at + 1] === "u" ? 6 : 2) : 1) places.push(at);
  places.push(raw.length);
  return places;
}

/** @param {string} folder @param {(text: string) => void} say @returns {Promise<[string, System][]>} */
async function openPeers(folder, say) {
  try {
    const options = ["install", "--prefix", folder, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
    await promisify(execFile)("npm", [...options, ...PEERS]);
    const require = createRequire(join(folder, "node_modules", "peers.cjs"));
    const [first = "", second = ""] = PEERS.map((peer) => peer.slice(0, peer.lastIndexOf("@")));
    const { OpenRedaction } = await import(pathToFileURL(require.resolve(first)).href);
    const { SyncRedactor } = require(second);
    const open = new OpenRedaction();
    const redactor = new SyncRedactor();
    return [
      [
        "@openredaction/core",
        async (text) =>
          (await open.detect(text)).detections.map((/** @type {any} */ { type, position: [start, end] }) => ({
            start,
            end,
            type: toPeerType(type),
          })),
      ],
      ["redact-pii", (text) => align(text, redactor.redact(text))],
    ];
  } catch (error) {
    say(`without peers: they cannot be installed (${error})`);
    return [];
  }
}

/** What a peer calls it in the words of the scorer; in the peer's favour where it is vague. @param {string} type */
function toPeerType(type) {
  /** @type {[RegExp, string][]} */
  const names = [
    [/EMAIL/u, "EMAIL"],
    [/PHONE|FAX/u, "PHONE"],
    [/CREDIT|CARD_NUMBER|DEBIT/u, "CREDIT_CARD"],
    [/IBAN|BANK|ROUTING|SORT_CODE|SWIFT|ACCOUNT/u, "BANK_ACCOUNT"],
    [/PASSPORT/u, "PASSPORT"],
    [/SSN|SOCIAL|NATIONAL|TAX|LICEN[CS]E|NHS|NINO|MEDICAL|PATIENT|_ID$/u, "NATIONAL_ID"],
    [/BIRTH|DOB/u, "DOB"],
    [/KEY|TOKEN|PASSWORD|SECRET|JWT|CREDENTIAL/u, "SECRET"],
    [/^IP|IPV|_IP$|MAC/u, "IP"],
    [/ADDRESS|ZIP|POST|CITY|LOCATION/u, "ADDRESS"],
    [/NAME|PERSON/u, "PERSON"],
    [/BITCOIN|ETHEREUM|CRYPTO|WALLET/u, "CRYPTO"],
    [/URL/u, "URL"],
    [/DATE/u, "DATE"],
  ];
  return names.find(([name]) => name.test(type))?.[1] ?? type;
}

const label =
  /EMAIL_ADDRESS|CREDIT_CARD_NUMBER|PHONE_NUMBER|US_SOCIAL_SECURITY_NUMBER|IP_ADDRESS|PERSON_NAME|STREET_ADDRESS|ZIPCODE|USERNAME|PASSWORD|CREDENTIALS|DIGITS|URL/gu;

/** Spans from a redacted text: what stands between two labels stands in the original too. @param {string} text @param {string} redacted */
function align(text, redacted) {
  const labels = [...redacted.matchAll(label)].map(([type]) => type);
  const parts = redacted.split(label);
  /** @type {Span[]} */
  const spans = [];
  let at = parts[0]?.length ?? 0;
  for (const [index, type] of labels.entries()) {
    const next = parts[index + 1] ?? "";
    const end = next === "" && index === labels.length - 1 ? text.length : text.indexOf(next, at + 1);
    if (end === -1) break;
    if (type !== "DIGITS") spans.push({ start: at, end, type: toPeerType(type) });
    at = end + next.length;
  }
  return spans;
}

/** @param {Figures} figures */
function toCells({ gold, P, R, leak }) {
  const percent = (/** @type {number | null} */ share) => (share === null ? "" : (share * 100).toFixed(1));
  return [String(gold), percent(P), percent(R), percent(leak)];
}

/** @param {string} source @param {any} result */
function toRows(source, { types, total, fpPerMB }) {
  if (source === BENIGN) return [toValueRow("benign texts: false findings per MB", "", fpPerMB ?? 0, { max: 100 })];
  if (source !== TOOL_RESULTS) return [];
  const percent = (/** @type {number | null} */ share) => Number(((share ?? 0) * 100).toFixed(1));
  return [
    ...Object.entries(recallMin).flatMap(([type, min]) => [
      toValueRow(`tool results: recall of ${type}`, "%", percent(types[type]?.R), { min: min * 100 }),
      toValueRow(`tool results: precision of ${type}`, "%", percent(types[type]?.P), { min: PRECISION_MIN * 100 }),
    ]),
    toValueRow("tool results: leak of labelled characters", "%", percent(total.leak), { max: 10 }),
  ];
}

/** Megabytes in a second of all tool results in one text, and of benign ones. @param {Map<string, Labelled[]>} gold @param {(text: string) => void} say */
async function measureSpeed(gold, say) {
  const { defaultClasses, optionalClasses } = await load("privacy/classes.js");
  const { createDetector } = await load("privacy/detect/detector.js");
  const all = new Set([...defaultClasses, ...optionalClasses]);
  const rows = [];
  for (const [what, classes, prose] of /** @type {const} */ ([
    ["default classes", new Set(defaultClasses), false],
    ["all classes", all, false],
    ["all classes and prose", all, true],
  ])) {
    const detector = createDetector({ classes, prose });
    for (const [source, text] of toSpeedTexts(gold)) {
      say(`speed: ${what}, ${source}`);
      let bestMs = Number.POSITIVE_INFINITY;
      for (let run = 0; run < SPEED_RUNS; run += 1) {
        const started = performance.now();
        detector.inText(text);
        bestMs = Math.min(bestMs, performance.now() - started);
      }
      const speed = (text.length / MEGA / bestMs) * 1000;
      const goal = prose || source === TOOL_RESULTS ? undefined : { min: 20 };
      rows.push(toValueRow(`${what}: ${source}`, "MB/s", Number(speed.toFixed(1)), goal));
    }
  }
  return rows;
}

/** Labelled texts are denser than any tool's results: logs and records of a usual kind are beside them. @param {Map<string, Labelled[]>} gold @returns {[string, string][]} */
function toSpeedTexts(gold) {
  const fill = (/** @type {string} */ text) =>
    Buffer.from(text.repeat(Math.ceil(SPEED_CHARACTERS / text.length))).toString();
  const logs = Array.from(
    { length: 2000 },
    (_, at) =>
      `2026-03-0${(at % 9) + 1}T10:22:33Z INFO http: GET /api/v2/orders/${at * 7919} HTTP/1.1 200 ${at} rid=${(at * 2_654_435_761).toString(16)} took=${at % 300}ms cache=hit`,
  );
  const records = Array.from({ length: 2000 }, (_, at) => ({
    id: at,
    created_at: "2026-06-05T14:28:50Z",
    title: `Product ${at}`,
    description: "A thing that works well, for all of us",
    active: true,
    url: `https://shop.acme.io/items/${at}`,
  }));
  const texts = (/** @type {string} */ source) => (gold.get(source) ?? []).map(({ text }) => text).join("\n");
  return [
    ["logs", fill(logs.join("\n"))],
    ["JSON", fill(JSON.stringify(records))],
    ["prose", fill(texts("lifebench") || "Nothing to see here, move on. ")],
    [TOOL_RESULTS, fill(texts(TOOL_RESULTS) || " ")],
  ];
}
