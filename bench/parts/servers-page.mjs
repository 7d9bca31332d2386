// docs/servers.md, from what was seen.

/** @typedef {import("./real-server.mjs").Listed} Listed */
/** @typedef {import("./real-server.mjs").Seen} Seen */

/**
 * The page: a line for each server that started, and the reason of each other.
 * @param {readonly Listed[]} list
 * @param {readonly Seen[]} seen
 * @param {ReadonlyMap<string, string[]>} errors of the compiler, by server
 */
export function toServersPage(list, seen, errors) {
  const started = seen.filter(({ state }) => state === "started");
  const others = seen.filter(({ state }) => state !== "started");
  const listed = new Map(list.map((one) => [one.slug, one]));
  const tools = started.reduce((sum, one) => sum + (one.tools ?? 0), 0);
  return `# Real servers

Servers from npm, each started through Sluice as the command line would start it: connected, listed, its modules written and
compiled with \`tsc --strict\`, and one call made by a program where a tool only reads and needs nothing. There is no network,
no account and no browser behind them, so most calls end in the server's own error; a program catches it.

${started.length} of ${seen.length} start here (${process.platform}, Node ${process.version}), with ${tools} tools. ${toMissing(started)}
${toCompiled(started, errors)}

\`SLUICE_BENCH_TOOLS=FOLDER npm run bench -- servers\` does it again, with the list of servers in that folder.

| package | version | tools | protocol | start ms | call | quirks |
|---|---|---:|---|---:|---|---|
${started.map((one) => toLine(one, listed.get(one.slug), errors.get(one.slug) ?? [])).join("\n")}

*Start* is the process, the handshake and the list, on a busy machine of two cores, two servers at a time. A server that does
not know the revision 2026-07-28 is asked twice. *Tools* are those that a program can call. *Odd names* are no identifiers as
they are; programs call them in camelCase.

## Those that do not start here

| package | version | why |
|---|---|---|
${others.map(({ package: name, version, reason = "" }) => `| \`${name}\` | ${version} | ${toCell(toWhy(reason))} |`).join("\n")}
`;
}

/** @param {readonly Seen[]} started */
function toMissing(started) {
  const broken = started.filter(({ missing = [] }) => missing.length > 0).length;
  return broken === 0 ? "No tool for a model is missing." : `Tools of ${broken} are missing.`;
}

/** @param {readonly Seen[]} started @param {ReadonlyMap<string, string[]>} errors */
function toCompiled(started, errors) {
  const broken = started.filter(({ slug }) => errors.has(slug)).length;
  return broken === 0 ? "The modules of all compile." : `The modules of ${broken} do not compile.`;
}

/** @param {Seen} seen @param {Listed | undefined} listed @param {string[]} errors */
function toLine({ package: name, version, tools, protocol, startMs, call, ...seen }, listed, errors) {
  const { odd = 0, output = 0, annotated = 0, noise = 0 } = seen.counts ?? {};
  const quirks = [
    odd > 0 && `${odd} odd names`,
    output === 0 && "declares no output",
    output > 0 && output < (tools ?? 0) && `declares ${output} outputs`,
    annotated === 0 && "no annotations",
    noise > 0 && "prints to stdout what is no message",
    ...toGrouped(seen.problems ?? []),
    ...toKinds(seen.flags ?? []),
    (seen.missing ?? []).length > 0 && `**missing: ${seen.missing?.join(", ")}**`,
    (seen.appOnly ?? 0) > 0 && `${seen.appOnly} tools for its own page only`,
    (seen.appOnly ?? 0) === 0 &&
      listed?.tools !== undefined &&
      listed.tools !== tools &&
      `lists ${listed.tools} tools to clients with more capabilities`,
    errors.length > 0 && `**${errors.length} errors of the compiler**`,
  ].filter((quirk) => quirk !== false);
  const cells = [`\`${name}\``, version, tools, protocol, startMs, toCall(call), toCell(quirks.join("; "))];
  return `| ${cells.join(" | ")} |`;
}

/** @param {Seen["call"]} call */
function toCall(call) {
  switch (call?.outcome) {
    case "data":
      return `\`${call.tool}\`: data`;
    case "error":
      return `\`${call.tool}\`: \`${call.code}\``;
    default:
      return "";
  }
}

/** Problems that are the same but for the tool are one. @param {readonly string[]} problems */
function toGrouped(problems) {
  /** @type {Map<string, number>} */
  const groups = new Map();
  for (const problem of problems) {
    const what = problem.replace(/^Tool "[^"]*" has /, "");
    groups.set(what, (groups.get(what) ?? 0) + 1);
  }
  return [...groups].map(([what, count]) => (count === 1 ? what : `${count} tools: ${what}`));
}

/** @param {readonly string[]} flags `address kind path` */
function toKinds(flags) {
  /** @type {Map<string, Set<string>>} */
  const kinds = new Map();
  for (const [address = "", kind = ""] of flags.map((flag) => flag.split(" ")))
    kinds.set(kind, (kinds.get(kind) ?? new Set()).add(address));
  return [...kinds].map(([kind, tools]) => `\`${kind}\` in ${[...tools].join(", ")}`);
}

/** The server's own words, where it had any. @param {string} reason */
function toWhy(reason) {
  const [, how = reason] = /^Cannot start server "[^"]*": (.*)$/.exec(reason) ?? [];
  return how.replace(" before it had answered the handshake", "");
}

/** Without what would end a cell, and without paths of the machine. @param {string} text */
function toCell(text) {
  return text
    .replaceAll(" | ", " ")
    .replaceAll("|", "\\|")
    .replaceAll("<", "&lt;")
    .replace(/(?:file:\/\/|(?<![\w.:/]))\/(?:[\w.@-]+\/)+[\w.@-]*/g, "…");
}
