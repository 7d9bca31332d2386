import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { kinds } from "./parts/growth-tasks.mjs";
import { toValueRow } from "./parts/figures.mjs";
import { inFolder, load } from "./parts/ground.mjs";

/** @typedef {import("./parts/growth-tasks.mjs").Kind} Kind */
/** @typedef {{ kind: Kind, values: import("./parts/growth-tasks.mjs").Values }} Task */
/** @typedef {{ isSolved: boolean, usedSkill: boolean, isFirst: boolean, isKnown: boolean, code: number, tokens: number, programs: number }} Done */

const TASKS_PER_KIND = 10;
/** Tasks up to which a stage goes. */
const stages = [10, 100, kinds.length * TASKS_PER_KIND];

/** @type {import("./parts/figures.mjs").Benchmark} */
const growth = {
  about: "120 tasks of 12 kinds, without skills and with: code written, tokens, success",
  async run(say) {
    const tasks = toTasks();
    const without = await runSeries(tasks, false, say);
    const withSkills = await runSeries(tasks, true, say);
    const lines = stages.map((end, at) => {
      const start = stages[at - 1] ?? 0;
      const [off, on] = [without.slice(start, end), withSkills.slice(start, end)];
      return [
        `${start + 1}–${end}`,
        percent(on.filter(({ usedSkill }) => usedSkill).length / on.length),
        `${mean(off, "code")} / ${mean(on, "code")}`,
        `${mean(off, "tokens")} / ${mean(on, "tokens")}`,
        `${count(off)} / ${count(on)} of ${on.length}`,
      ];
    });
    const known = withSkills.filter(({ isKnown }) => isKnown);
    const saved = (/** @type {"code" | "tokens"} */ what) => 100 * (1 - sum(withSkills, what) / sum(without, what));
    return {
      rows: [
        toValueRow("code written without skills", "tokens", sum(without, "code")),
        toValueRow("code written with skills, saving them included", "tokens", sum(withSkills, "code")),
        toValueRow("less code", "%", saved("code")),
        toValueRow("tokens in all without skills", "tokens", sum(without, "tokens")),
        toValueRow("tokens in all with skills", "tokens", sum(withSkills, "tokens")),
        toValueRow("fewer tokens in all", "%", saved("tokens")),
        toValueRow(
          "saved skill among the first five found",
          "%",
          (100 * known.filter(({ usedSkill }) => usedSkill).length) / known.length,
        ),
        toValueRow(
          "saved skill first of all found",
          "%",
          (100 * known.filter(({ isFirst }) => isFirst).length) / known.length,
        ),
        toValueRow("solved without skills", "tasks", count(without), { min: tasks.length }),
        toValueRow("solved with skills", "tasks", count(withSkills), { min: tasks.length }),
      ],
      tables: [
        {
          title: "Growth: each cell is without / with skills, a mean per task",
          head: ["tasks", "called a skill", "code written", "tokens in all", "solved"],
          lines,
        },
      ],
      notes: [
        "no model is called: a script searches with the words of the task, calls the skill that does it if that is among the first five results, and else writes the kind's program; with skills it writes it as a skill, saves it, and calls that",
        "o200k tokens, counted exactly; every turn re-sends definitions and conversation; code is the programs, with what saves a skill",
        "solved: the result is what the servers' data, read without them, say; the sandbox and four MCP servers over stdio are real; privacy is off",
      ],
    };
  },
};
export default growth;

/** The tasks of all kinds, in an order that mixes them and is always the same. @returns {Task[]} */
function toTasks() {
  const tasks = kinds.flatMap((kind, at) =>
    Array.from({ length: TASKS_PER_KIND }, (_, task) => ({
      kind,
      values: kind.values(task),
      // A kind comes up again and again, some sooner than others.
      place: (task * 37 + at * 53 + ((task * at * 7) % 11)) % 120,
    })),
  );
  return tasks.sort((a, b) => a.place - b.place || a.kind.name.localeCompare(b.kind.name));
}

/**
 * @param {readonly Task[]} tasks
 * @param {boolean} hasSkills
 * @param {(text: string) => void} say
 * @returns {Promise<Done[]>}
 */
async function runSeries(tasks, hasSkills, say) {
  const { createSluice } = await load("index.js");
  const { createTokenCounter } = await load("runtime/tokens.js");
  const { definitions } = await load("surfaces/definitions.js");
  const counter = createTokenCounter();
  const countTokens = async (/** @type {string[]} */ ...texts) => (await counter.count(texts)).counts;
  return await inFolder(async (folder) => {
    const servers = ["gdrive", "salesforce", "slack", "sendgrid"].map((key) => [
      key,
      {
        command: process.execPath,
        args: [fileURLToPath(new URL(`../demo/servers/${key}.js`, import.meta.url)), folder],
      },
    ]);
    const sluice = await createSluice({
      mcpServers: Object.fromEntries(servers),
      stateDir: folder,
      skills: { dir: `${folder}/skills` },
      privacy: { mode: "off" },
    });
    try {
      const [base = 0] = await countTokens(JSON.stringify(definitions));
      /** @type {Done[]} */
      const done = [];
      for (const [at, task] of tasks.entries()) {
        if (at % 20 === 0) say(`${hasSkills ? "with" : "without"} skills: ${at} of ${tasks.length} tasks`);
        done.push(await runTask(sluice, task, { hasSkills, base, countTokens }));
      }
      return done;
    } finally {
      await sluice[Symbol.asyncDispose]();
      counter[Symbol.dispose]();
    }
  });
}

/**
 * One task as an agent does it: search, then one or two programs, each with all that was said before in its context.
 * @param {any} sluice
 * @param {Task} task
 * @param {{ hasSkills: boolean, base: number, countTokens: (...texts: string[]) => Promise<number[]> }} setting
 * @returns {Promise<Done>}
 */
async function runTask(sluice, { kind, values }, { hasSkills, base, countTokens }) {
  const asked = kind.ask(values);
  const found = await sluice.searchTools(asked, { detail: "summary", limit: 5 });
  // It reads what was found, and takes the skill that does this, if it is there.
  const place = found.results.findIndex((/** @type {{ id: string }} */ { id }) => id === `skills/${kind.name}`);
  const skill = found.results[place];
  const usedSkill = hasSkills && skill !== undefined;
  const isKnown =
    hasSkills && (await sluice.skills.list()).some((/** @type {{ name: string }} */ { name }) => name === kind.name);
  const programs = !hasSkills
    ? [toProgram(kind, values)]
    : usedSkill
      ? [toCall(skill.call, values)]
      : [toSave(kind), toCall(toLine(kind), values)];
  let context = base;
  const [ask = 0, query = 0, answer = 0] = await countTokens(
    asked,
    JSON.stringify({ query: asked, detail: "summary", limit: 5 }),
    JSON.stringify(found),
  );
  context += ask;
  let tokens = context + query;
  context += query + answer;
  let code = 0;
  let result;
  for (const program of programs) {
    const outcome = await sluice.executeCode(program);
    if (outcome.status !== "completed")
      throw new Error(`${kind.name}: ${outcome.error?.code} ${outcome.error?.message}`);
    const { stats: _, ...shown } = outcome;
    const [written = 0, read = 0] = await countTokens(program, JSON.stringify(shown));
    tokens += context + written;
    context += written + read;
    code += written;
    ({ result } = outcome);
  }
  // The turn in which it answers.
  tokens += context;
  const isSolved = isDeepStrictEqual(result, JSON.parse(JSON.stringify(kind.expected(values))));
  return { isSolved, usedSkill, isKnown, isFirst: place === 0, code, tokens, programs: programs.length };
}

/** The program with its values written out. @param {Kind} kind @param {import("./parts/growth-tasks.mjs").Values} values */
function toProgram(kind, values) {
  const written = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));
  return `${toImports(kind, "./servers")}\n\n${kind.body(written)}`;
}

/** @param {Kind} kind */
function toSave(kind) {
  const { name, description, parameters } = kind;
  const names = Object.keys(parameters);
  const types = Object.entries(parameters).map(([parameter, type]) => `${parameter}: ${type}`);
  const body = kind.body(Object.fromEntries(names.map((parameter) => [parameter, parameter])));
  const code = `${toImports(kind, "../../servers")}

export async function ${toFunctionName(name)}({ ${names.join(", ")} }: { ${types.join("; ")} }): Promise<any> {
${body.replace(/^/gm, "  ")}
}`;
  const quoted = code.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${");
  return `import { saveSkill } from "sluice";\nreturn (await saveSkill({ name: ${JSON.stringify(name)}, description: ${JSON.stringify(description)}, code: \`${quoted}\` })).signature;`;
}

/** @param {Kind} kind @param {string} from */
function toImports({ servers, body }, from) {
  const lines = servers.map((server) => `import * as ${server} from "${from}/${server}";`);
  const usesFiles = body(new Proxy({}, { get: () => "x" })).includes("fs.");
  return [...(usesFiles ? ['import fs from "fs/promises";'] : []), ...lines].join("\n");
}

/** @param {Kind} kind */
function toLine({ name }) {
  return `import { ${toFunctionName(name)} } from "./skills/${name}"; await ${toFunctionName(name)}(input)`;
}

/** The line that search gives, with the task's values. @param {string} line @param {import("./parts/growth-tasks.mjs").Values} values */
function toCall(line, values) {
  return line.replace(/; await (\w+)\([^)]*\)$/, (_, name) => `;\nreturn await ${name}(${JSON.stringify(values)});`);
}

/** @param {string} name */
function toFunctionName(name) {
  return name.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

/** @param {readonly Done[]} done @param {"code" | "tokens"} what */
function sum(done, what) {
  return done.reduce((total, one) => total + one[what], 0);
}

/** @param {readonly Done[]} done @param {"code" | "tokens"} what */
function mean(done, what) {
  return Math.round(sum(done, what) / done.length).toLocaleString("en-US");
}

/** @param {readonly Done[]} done */
function count(done) {
  return done.filter(({ isSolved }) => isSolved).length;
}

/** @param {number} share */
function percent(share) {
  return `${Math.round(100 * share)} %`;
}
