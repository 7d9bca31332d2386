import {
  type Node,
  type ParseError,
  findNodeAtLocation,
  parseTree,
  printParseErrorCode,
  stripComments,
} from "jsonc-parser";
import type { Problems, ConfigPath, LineOf } from "./problems.ts";

/** The text of a config file, parsed: its value, and where in the text each part of it stands. */
export interface JsoncDocument {
  value: unknown;
  lineOf: LineOf;
}

/**
 * Parses JSON with comments and trailing commas (the clients whose files are pasted here accept both). Says in
 * `problems` what cannot be read, by line and column; then the value is `undefined`.
 */
export function parseJsonc(text: string, problems: Problems): JsoncDocument {
  const unreadable: JsoncDocument = { value: undefined, lineOf: () => undefined };
  // Editors on Windows begin a file with a byte order mark.
  const source = text.replace(/^\uFEFF/, "");
  if (stripComments(source).trim() === "") {
    problems.add([], 'it is empty; the smallest config is { "mcpServers": {} }');
    return unreadable;
  }
  const errors: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(source, errors, { allowTrailingComma: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.add([], "it is nested too deep to be read");
    return unreadable;
  }
  const [first] = errors;
  if (first !== undefined || root === undefined) {
    const what =
      first === undefined
        ? ""
        : `: ${toWords(printParseErrorCode(first.error))} at ${toPosition(source, first.offset)}`;
    problems.add([], `it is not JSON${what}`);
    return unreadable;
  }
  const tree = root;
  const lineOf: LineOf = (path) => {
    const node = findNodeAtLocation(tree, [...path]);
    return node === undefined
      ? undefined
      : toLine(source, (node.parent?.type === "property" ? node.parent : node).offset);
  };
  const checked: Reading = { problems, source };
  return { value: toValue(tree, [], checked), lineOf };
}

interface Reading {
  problems: Problems;
  source: string;
}

/** The value of a node. Not the parser's own: that loses `__proto__` and takes the last of two equal keys unsaid. */
function toValue(node: Node, path: ConfigPath, reading: Reading): unknown {
  if (node.type === "array")
    return node.children?.map((child, index) => toValue(child, [...path, index], reading)) ?? [];
  if (node.type !== "object") return node.value;
  const members = new Map<string, unknown>();
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    const here = [...path, name];
    if (members.has(name)) {
      reading.problems.add(
        here,
        `the key stands twice, again in line ${toLine(reading.source, key.offset)}; keep one of them`,
      );
    }
    members.set(name, toValue(value, here, reading));
  }
  return Object.fromEntries(members);
}

function toLine(source: string, offset: number): number {
  return source.slice(0, offset).split("\n").length;
}

function toPosition(source: string, offset: number): string {
  const lines = source.slice(0, offset).split("\n");
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

/** `CommaExpected` as `comma expected`. */
function toWords(code: string): string {
  return code.replace(/(?<!^)([A-Z])/g, " $1").toLowerCase();
}
