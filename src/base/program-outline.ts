import type { JsonObject } from "./json.ts";

/** What a program's text is made of, as far as saving it as a skill needs to know. Plain data, positions are offsets. */
export interface ProgramOutline {
  /** The text with what is not code blanked: its positions are those of the agent's own. */
  text: string;
  /** The values that it exports; types are not among them. */
  exports: OutlineExport[];
  /** Names that imports bind, types aside. */
  imports: { specifier: string; imported: string; local: string }[];
  /** What it takes from elsewhere without a name of its own: `export … from`, and `import("…")` of a plain text (`*`). */
  reexports: { specifier: string; imported: string }[];
  /** `object.member`, where both are written out; `servers.crm.find` is `{ object: "servers.crm", member: "find" }`. */
  members: { object: string; member: string }[];
  /** Names that are used in another way than `name.member`. */
  bare: string[];
  /** What `callTool("…")` names in plain text. */
  addresses: string[];
  literals: OutlineLiteral[];
  comments: { start: number; end: number }[];
  /** Statements of the top that import. */
  importRanges: { start: number; end: number }[];
  /** `export default …`: the statement, and what it exports. */
  defaultExport?: { start: number; end: number; valueStart: number; valueEnd: number };
  /** The program is one function expression, which is called: where it stands. */
  singleFunction?: { start: number; end: number };
}

/** One value that a module exports. */
export interface OutlineExport {
  name: string;
  /** Absent: it is no function, or one that was not found in the text. */
  call?: OutlineCall;
}

/** How an exported function is called. */
export interface OutlineCall {
  /** `find(name: string, limit?: number): Promise<Row[]> where interface Row { … }`, on one line. */
  signature: string;
  parameters: {
    name: string;
    /** Its TypeScript, on one line. */
    type: string;
    /** The JSON Schema of what its type says of JSON; `{}` where it says nothing. */
    schema: JsonObject;
    isOptional: boolean;
    isObject: boolean;
    isRest: boolean;
  }[];
}

/** What an input of a program can be: a text or number, or a list or an object of nothing else. */
export type OutlineValue = string | number | string[] | number[] | { [key: string]: string | number };

/** A text or number in a program; of a constant that is a statement of its own, a list or an object of these too. */
export interface OutlineLiteral {
  start: number;
  end: number;
  value: OutlineValue;
  /**
   * `argument`: in what a function of another module or of a server is called with; `constant`: all that a `const` of
   * the top is; `key`: names a member; `specifier`: names a module; `type`: a type; `other`.
   */
  role: "argument" | "constant" | "key" | "specifier" | "type" | "other";
  /** The property or constant that it is the value of. */
  name?: string;
  /** The statement that is nothing but this constant. */
  statement?: { start: number; end: number };
}
