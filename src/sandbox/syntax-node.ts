/** A node of the syntax tree, as far as it is looked at here. */
export interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

/** The node that a value is, if it is one. */
export function nodeOf(value: unknown): Node | undefined {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"
    ? (value as Node)
    : undefined;
}

/** Those of a list that are nodes. */
export function nodesOf(value: unknown): Node[] {
  return Array.isArray(value) ? value.flatMap((one) => nodeOf(one) ?? []) : [];
}

/** All nodes right below one. */
export function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) => (Array.isArray(value) ? nodesOf(value) : (nodeOf(value) ?? [])));
}

/** The name of a member that is written out. */
export function nameOfMember(node: Node): string | undefined {
  const property = nodeOf(node["property"]);
  if (property === undefined) return undefined;
  if (node["computed"] !== true) return property.type === "Identifier" ? String(property["name"]) : undefined;
  return typeof property["value"] === "string" ? property["value"] : undefined;
}

/** `a`, `a.b`: at most three names. */
export function pathOf(node: Node, depth = 0): string | undefined {
  if (node.type === "Identifier") return String(node["name"]);
  if (node.type !== "MemberExpression" || depth > 2) return undefined;
  const object = nodeOf(node["object"]);
  const member = nameOfMember(node);
  const base = object === undefined ? undefined : pathOf(object, depth + 1);
  return base === undefined || member === undefined ? undefined : `${base}.${member}`;
}
