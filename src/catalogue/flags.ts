import type { Json } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { ToolDefinition } from "../base/tool-definition.ts";

/** What a definition's text does that a description has no reason to do. */
export type FlagKind =
  | "overrides-instructions"
  | "hides-from-user"
  | "instruction-tags"
  | "precedes-all-tools"
  | "hidden-text"
  | "encoded-text"
  | "reads-secrets"
  | "names-other-server";

/** One place of a definition, or of a server's instructions, that a person should read. */
export interface Flag {
  kind: FlagKind;
  /** Where: `description`, `inputSchema.properties.to.description`. */
  path: string;
  /** The words that gave rise to it, with escapes for what is not seen. */
  text: string;
}

/**
 * The table: each kind with what it looks for. Words that order the reader about, in the senses that known attacks have;
 * measured on 3,572 real tools, whose authors do write "IMPORTANT:" and "always call this first".
 */
const patterns: readonly [FlagKind, RegExp][] = [
  [
    "overrides-instructions",
    /\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,30}\b(?:previous|prior|above|earlier|preceding|existing|system|safety|your)\b[^.\n]{0,20}\b(?:instructions?|prompts?|rules?|guidelines?|directives?|restrictions?)\b/i,
  ],
  [
    "hides-from-user",
    /\b(?:do not|don['’]t|never|must not|without)\b[^.\n]{0,20}\b(?:tell|telling|inform|informing|mention|mentioning|notify|notifying|reveal|revealing|disclose|disclosing|alert|alerting)\b[^.\n]{0,40}\b(?:users?|humans?|anyone|anybody)\b/i,
  ],
  [
    "instruction-tags",
    /<\/?\s*(?:important|system|instructions?|secret|hidden|assistant|critical|sidenote|s)\s*>|<\|(?:im_start|im_end|system|endoftext)\|>|\[\/?INST\]|<<\/?SYS>>/i,
  ],
  [
    "precedes-all-tools",
    /\b(?:before|instead of|prior to)\b[^.\n]{0,20}\b(?:any|all|every|each)\b[^.\n]{0,10}\bother\b[^.\n]{0,25}\b(?:tools?|functions?)\b(?! in this|s? from this)/i,
  ],
  ["hidden-text", /<!--|\bdisplay\s*:\s*none\b|[^\S\n]{200,}\S|\n{40,}\S/i],
  ["encoded-text", /(?<![\w+/=.-])(?:[A-Za-z0-9+/]{4}){20,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?(?![\w+/=.-])/],
  [
    "reads-secrets",
    /(?:~|\$HOME|%USERPROFILE%)[\\/]\.(?:ssh|aws|gnupg|netrc|cursor|claude|kube)\b|\bid_(?:rsa|ed25519|ecdsa)\b|\/etc\/(?:passwd|shadow)\b|\.cursor\/mcp\.json|\bclaude_desktop_config\b/i,
  ],
];

/** Characters that nobody sees; those that real writing needs only where it does not. */
const hidden = new RegExp(
  [
    "[^\\P{Cc}\\n\\t\\r]",
    "[\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u115f\\u1160\\u3164\\uffa0\\ufff9-\\ufffb]",
    // a mark of the byte order, at the beginning only
    "(?<!^)\\ufeff",
    // tags spell the flags of regions, and nothing else; selectors above 16 choose among Chinese characters
    "[\\u{e0001}-\\u{e0020}]|(?<!\\u{1f3f4}[\\u{e0021}-\\u{e007f}]{0,8})[\\u{e0021}-\\u{e007f}]",
    "(?<!\\p{Script=Han})[\\u{e0100}-\\u{e01ef}]",
    // the others choose how one character looks, and no letter of ours: several in a row spell something
    "[\\ufe00-\\ufe0f]{2}|(?<=\\p{Script=Latin})[\\ufe00-\\ufe0f]",
    "(?<![\\u2801-\\u28ff])\\u2800(?![\\u2801-\\u28ff])",
    // joiners join emoji and the letters of some scripts
    "(?<![\\p{Extended_Pictographic}\\ufe0f\\p{Emoji_Modifier}\\p{L}\\p{M}])\\u200d|(?<=\\p{Script=Latin})\\u200d",
    "[\\p{Script=Latin}\\s]\\u200c[\\p{Script=Latin}\\s]",
  ].join("|"),
  "u",
);

/** Where a definition speaks to the model instead of about the tool; `others` are the servers it has no business with. */
export function toFlags(definition: ToolDefinition, others: OtherServers): Flag[] {
  const flags: Flag[] = [];
  for (const [path, text] of textsOf(definition)) addFlags(flags, path, text, others);
  return flags.slice(0, limits.definitionFlagsMax);
}

/** The same of a server's instructions. */
export function toInstructionFlags(instructions: string, others: OtherServers): Flag[] {
  const flags: Flag[] = [];
  addFlags(flags, "instructions", instructions, others);
  return flags;
}

/** Finds in a text the tools of other servers than one. */
export interface OtherServers {
  find(text: string): string | undefined;
}

function addFlags(flags: Flag[], path: string, text: string, others: OtherServers): void {
  const plain = toPlain(text);
  const isPlain = plain === text;
  for (const [kind, pattern] of patterns) {
    const match = pattern.exec(text) ?? (isPlain ? null : pattern.exec(plain));
    if (match !== null && (kind !== "encoded-text" || isEncoded(match[0])))
      flags.push({ kind, path, text: toShown(match[0]) });
  }
  const unseen = hidden.exec(text);
  if (unseen !== null && !flags.some((flag) => flag.kind === "hidden-text" && flag.path === path)) {
    const around = text.slice(Math.max(0, unseen.index - 30), unseen.index + 30);
    flags.push({ kind: "hidden-text", path, text: toShown(around) });
  }
  // In an enum it is a value like any other.
  const other = /(?:^|\.)(?:description|title|instructions)$/.test(path) ? others.find(text) : undefined;
  if (other !== undefined) flags.push({ kind: "names-other-server", path, text: toShown(other) });
}

/** Letters of other alphabets that look like ours; in small and, where it differs, as a capital. */
const lookAlikes = new Map(
  "аa еe оo рp сc уy хx іi јj ѕs ԁd һh ԛq ԝw ӏl вb кk мm нh тt αa εe ιi οo ρp υu νv κk τt χx ɡg ıi"
    .split(" ")
    .map((pair) => [...pair] as [string, string]),
);

/**
 * A text as its reader takes it: other forms of letters and letters that look like ours as ours, nothing that is not seen,
 * the words of an identifier apart, and no end of line but between paragraphs.
 */
function toPlain(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}]/gu, "")
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .replace(/[^\0-\x7f]/gu, (character) => lookAlikes.get(character.toLowerCase()) ?? character)
    .replace(/\s+/g, (run) => (run.indexOf("\n") === run.lastIndexOf("\n") ? " " : "\n"))
    .replace(/_+/g, " ");
}

/** Base64 of a text or of bytes has upper and lower case and digits mixed; a path, a hash or an alphabet has not. */
function isEncoded(text: string): boolean {
  if (/^[0-9a-f]+$/i.test(text) || /abcdefgh|ABCDEFGH|(.)\1{9}/.test(text)) return false;
  const classes = [/[a-z]/, /[A-Z]/, /\d/].filter((pattern) => pattern.test(text)).length;
  return classes === 3 && (text.match(/\//g)?.length ?? 0) < text.length / 10;
}

/** Every text of a definition that a model may read, names of properties too. */
function textsOf(definition: ToolDefinition): [path: string, text: string][] {
  const texts: [string, string][] = [];
  const walk = (path: string, value: Json | undefined): void => {
    if (texts.length >= limits.definitionTextsMax) return;
    if (typeof value === "string") texts.push([path, value]);
    if (typeof value !== "object" || value === null) return;
    for (const [key, member] of Object.entries(value)) {
      const step = Array.isArray(value) ? `[${key}]` : `.${key.slice(0, limits.tagCharsMax)}`;
      // A word or two order nobody about.
      if (!Array.isArray(value) && key.length > 14) texts.push([`${path}${step}`, key]);
      walk(`${path}${step}`, member);
    }
  };
  const { name, title, description, inputSchema, outputSchema, annotations } = definition;
  for (const [path, value] of Object.entries({ name, title, description, inputSchema, outputSchema, annotations }))
    walk(path, value);
  return texts;
}

function toShown(text: string): string {
  return text
    .slice(0, limits.tagCharsMax)
    .replace(/\s+/g, " ")
    .replace(/\p{C}|\u115f|\u1160|\u3164|\uffa0|[\u{e0100}-\u{e01ef}]/gu, (character) =>
      [...character].map((one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`).join(""),
    );
}
