import { limits } from "../base/limits.ts";
import type { OutlineCall } from "../base/program-outline.ts";
import { toCleanLine } from "../codegen/text.ts";
import { changeFrontMatter, parseFrontMatter } from "./front-matter.ts";
import { toFunctionName } from "./skill-name.ts";

/** The head of a SKILL.md, as the Agent Skills standard has it. */
export interface SkillHead {
  name: string;
  description: string;
  license?: string;
  compatibility?: string;
  /** Keys and texts; ours begin with `sluice-`. */
  metadata: ReadonlyMap<string, string>;
}

/** A tool that a skill calls, and the hash of its definition when the skill was saved. */
export interface SkillTool {
  address: string;
  hash: string;
}

/** Characters of a definition's hash in a SKILL.md: for who compares versions; nothing is held to it. */
const HASH_CHARS = 16;

/** Reads the head; `undefined`: it has none, or no name. Throws `skill_invalid` where it cannot be read. */
export function parseSkillHead(text: string): SkillHead | undefined {
  const values = parseFrontMatter(text)?.values ?? new Map<unknown, unknown>();
  const name = toText(values.get("name"));
  if (name === "") return undefined;
  const license = toText(values.get("license"));
  const compatibility = toText(values.get("compatibility"));
  const given = values.get("metadata");
  const metadata = new Map(
    [...(given instanceof Map ? given : [])].map(([key, value]) => [toText(key), toText(value)]),
  );
  return {
    ...{ name, description: toText(values.get("description")), metadata },
    ...(license === "" ? {} : { license }),
    ...(compatibility === "" ? {} : { compatibility }),
  };
}

/** A single value, on one line, without what nobody sees and what a terminal obeys. */
function toText(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" ? toCleanLine(value, limits.skillHeadBytesMax) : "";
}

/** The tools that a SKILL.md names: what it says, and no more. */
function toSkillTools({ metadata }: SkillHead): SkillTool[] {
  return (metadata.get("sluice-tools") ?? "").split(/,\s*/).flatMap((text) => {
    const [address = "", hash = ""] = text.split("@");
    return address === "" || !/^[0-9a-f]{16}$/.test(hash) ? [] : [{ address, hash }];
  });
}

/** What the SKILL.md of a saved skill is made of. */
export interface SkillPage {
  name: string;
  description: string;
  license?: string;
  compatibility?: string;
  version: number;
  trust: string;
  signature: string;
  tools: readonly SkillTool[];
  example?: string;
  hasTests: boolean;
}

/** The SKILL.md of a saved skill: all that one needs to call it, so that nobody has to read its code. */
export function toSkillPage(page: SkillPage): string {
  const { name, description, license, compatibility } = page;
  const head = [
    "---",
    `name: ${name}`,
    `description: ${JSON.stringify(description)}`,
    ...(license === undefined ? [] : [`license: ${JSON.stringify(license)}`]),
    `compatibility: ${JSON.stringify(compatibility ?? "Runs as a module in Sluice")}`,
    "metadata:",
    ...[...toMetadata(page)].map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
    "---",
  ];
  return `${head.join("\n")}\n${toBody(page)}`;
}

/** The same for a skill that has a SKILL.md: what others have written in it stays. */
export function toKeptPage(text: string, page: SkillPage): string {
  return changeFrontMatter(text, {
    ...{ name: page.name, metadata: toMetadata(page) },
    body: isGenerated(text) ? toBody(page) : undefined,
  });
}

/** What a SKILL.md says beside Sluice's own metadata. */
export function withoutMetadata(text: string, name: string): string {
  return changeFrontMatter(text, { name, metadata: new Map() });
}

/** A SKILL.md with another name or trust; all else stays. */
export function changePage(text: string, { name, trust }: { name?: string; trust?: string }): string {
  const head = parseSkillHead(text);
  if (head === undefined) return text;
  const own = [...head.metadata].filter(([key]) => key.startsWith("sluice-"));
  const metadata = new Map([...own, ...(trust === undefined ? [] : [["sluice-trust", trust] as const])]);
  return changeFrontMatter(text, { name: name ?? head.name, metadata });
}

/** Whether what stands below the head is what Sluice writes there, and nothing else. */
export function isGenerated(text: string): boolean {
  const head = parseSkillHead(text);
  if (head === undefined) return false;
  const body = (parseFrontMatter(text)?.body ?? "").replaceAll("\r\n", "\n");
  const example = between(body, "\n\n## Example\n\n", "\n\n## Tools\n\n");
  const made = toBody({
    ...{ name: head.name, description: head.description, tools: toSkillTools(head) },
    signature: head.metadata.get("sluice-signature") ?? "",
    ...(example === undefined ? {} : { example: example.split("\n").slice(1, -1).join("\n") }),
    hasTests: body.includes("\n- `index.test.ts`: "),
  });
  return body.trim() === made.trim();
}

function between(text: string, before: string, after: string): string | undefined {
  const start = text.indexOf(before);
  return start === -1 ? undefined : text.slice(start + before.length, text.lastIndexOf(after));
}

function toMetadata({ version, trust, signature, tools }: SkillPage): Map<string, string> {
  const noted = tools.map(({ address, hash }) => `${address}@${hash.slice(0, HASH_CHARS)}`).join(", ");
  return new Map([
    ["sluice-version", String(version)],
    ["sluice-trust", trust],
    ["sluice-signature", signature],
    ...(noted === "" ? [] : [["sluice-tools", noted] as const]),
  ]);
}

/** The text below the head. */
function toBody(
  page: Pick<SkillPage, "name" | "description" | "signature" | "tools" | "example" | "hasTests">,
): string {
  const { name, description, signature, tools, example } = page;
  const sections = [
    `# ${name}`,
    description,
    "## Call it",
    toFenced(`import { ${toFunctionName(name)} } from "./skills/${name}";\n\n// ${signature}`),
    ...(example === undefined ? [] : ["## Example", toFenced(example)]),
    "## Tools",
    tools.length === 0 ? "It calls none." : tools.map(({ address }) => `- \`${address}\``).join("\n"),
    "## Files",
    [
      "- `index.ts`: the code",
      ...(example === undefined ? [] : ["- `example.ts`: a call"]),
      ...(page.hasTests ? ["- `index.test.ts`: a program that throws where the code is wrong"] : []),
    ].join("\n"),
  ];
  return `\n${sections.join("\n\n")}\n`;
}

/** A fence that the code cannot end. */
function toFenced(code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}ts\n${code.trim()}\n${fence}`;
}

/** The one line that imports and calls it: `import { f } from "./skills/f"; await f(a, b)`. */
export function toCallLine(name: string, functionName: string, { parameters }: OutlineCall): string {
  const given = parameters.filter(({ isOptional }) => !isOptional).map((parameter) => parameter.name);
  return `import { ${functionName} } from "./skills/${name}"; await ${functionName}(${given.join(", ")})`;
}
