import { defaultClasses, literalClass, optionalClasses, textClass } from "./classes.ts";

/** One token, taken apart: `[EMAIL_1]` or, another surface of the same value, `[EMAIL_1.2]`. */
export interface Token {
  /** Upper case. */
  class: string;
  /** One per canonical value of a class in a scope, from 1. */
  number: number;
  /** The surface, from 1; 1 is not written. */
  variant: number;
}

/** A token or what looks like one in a text; offsets are UTF-16. */
export type TokenInText =
  | { kind: "token"; start: number; end: number; token: Token }
  | { kind: "malformed"; start: number; end: number };

const builtIn = [...defaultClasses, ...optionalClasses, literalClass, textClass];
const whole = /^\[([A-Z][A-Z0-9_]*)_([1-9]\d{0,8})(?:\.([1-9]\d{0,5}))?\]/i;

/** The grammar over the classes that are in use; text like `[ISSUE_12]` is no token and stays what it is. */
export interface TokenGrammar {
  /** Everything in the text that is a token or begins like one, in order. */
  find(text: string): TokenInText[];
  /** Tokens as `encodeURIComponent` writes them, in either case of its digits. */
  findEncoded(text: string): Extract<TokenInText, { kind: "token" }>[];
}

/** `own`: the user's own classes. Letter case does not count: programs lower-case what they compare. */
export function createTokenGrammar(own: readonly string[] = []): TokenGrammar {
  const names = [...builtIn, ...own].sort((a, b) => b.length - a.length).join("|");
  // The beginning alone: what follows decides between a token and a broken one.
  const beginning = new RegExp(`\\[(?:${names})_(?=\\d)`, "gi");
  const grammar: TokenGrammar = {
    findEncoded(text) {
      if (!/%5B/i.test(text)) return [];
      const found: Extract<TokenInText, { kind: "token" }>[] = [];
      for (const match of text.matchAll(/%5B([A-Z0-9_.]{3,80})%5D/gi)) {
        const [part] = grammar.find(`[${match[1]}]`);
        if (part?.kind !== "token" || part.end !== (match[1]?.length ?? 0) + 2) continue;
        found.push({ ...part, start: match.index, end: match.index + match[0].length });
      }
      return found;
    },
    find(text) {
      const found: TokenInText[] = [];
      if (!text.includes("[")) return found;
      beginning.lastIndex = 0;
      for (let match = beginning.exec(text); match !== null; match = beginning.exec(text)) {
        const start = match.index;
        const exact = whole.exec(text.slice(start, start + 80));
        if (exact === null) {
          const digits = /^[\d.]*/.exec(text.slice(beginning.lastIndex, beginning.lastIndex + 20))?.[0].length ?? 0;
          found.push({ kind: "malformed", start, end: beginning.lastIndex + digits });
          continue;
        }
        const [written = "", name = "", number = "", variant = "1"] = exact;
        found.push({
          kind: "token",
          start,
          end: start + written.length,
          token: { class: name.toUpperCase(), number: Number(number), variant: Number(variant) },
        });
        beginning.lastIndex = start + written.length;
      }
      return found;
    },
  };
  return grammar;
}

/** How a token is written. */
export function toTokenText({ class: name, number, variant }: Token): string {
  return variant === 1 ? `[${name}_${number}]` : `[${name}_${number}.${variant}]`;
}
