import { childrenOf, nameOfMember, type Node, nodeOf, nodesOf, pathOf } from "./syntax-node.ts";

/** What names of a program stand for: those that it imports, and all that it declares. */
export interface DeclaredNames {
  imported: ReadonlySet<string>;
  declared: ReadonlySet<string>;
}

/** A call of what another module gives, or `server.tool()`: not one of the language's own objects. */
export function isForeignCall(callee: Node, { imported, declared }: DeclaredNames): boolean {
  const [root = ""] = (callee.type === "Identifier" ? String(callee["name"]) : (pathOf(callee) ?? "")).split(".");
  if (BUILT_IN.test(root)) return false;
  if (imported.has(root)) return true;
  if (callee.type !== "MemberExpression" || root === "") return false;
  // What the program does not declare is a server, whatever its tools are called.
  return !declared.has(root) || isServerLike(callee);
}

const BUILT_IN = /^(?:console|Math|JSON|Object|Array|String|Number|Date|Promise|Buffer|path|Intl|Reflect)$/;

/** Whether a method of a value is called, `rows.join`; not of what only holds functions, `JSON.stringify`. */
export function isValueMethod(callee: Node): boolean {
  return callee.type === "MemberExpression" && !BUILT_IN.test(pathOf(callee)?.split(".")[0] ?? "");
}

/** Adds the names that a program gives to its own values; one that stands for a server is none of them. */
export function addDeclared(node: Node, names: Set<string>): Set<string> {
  const add = (pattern: Node | undefined): void => {
    if (pattern === undefined) return;
    if (pattern.type === "Identifier") names.add(String(pattern["name"]));
    else for (const child of childrenOf(pattern)) add(child);
  };
  if (node.type === "VariableDeclarator") {
    const init = nodeOf(node["init"]);
    if (init === undefined || !/^servers(?:\.|$)/.test(pathOf(init) ?? "")) add(nodeOf(node["id"]));
  }
  if (/^(?:ArrowFunction|Function|Class)(?:Expression|Declaration)$/.test(node.type)) {
    add(nodeOf(node["id"]));
    for (const parameter of nodesOf(node["params"])) add(parameter);
  }
  if (node.type === "CatchClause") add(nodeOf(node["param"]));
  for (const child of childrenOf(node)) addDeclared(child, names);
  return names;
}

/** `crm.find`, `servers.crm.find`: two or three names; a method of a value in hand has the same form, and counts as one. */
function isServerLike(callee: Node): boolean {
  return (
    pathOf(callee) !== undefined &&
    !/^(?:map|filter|join|split|slice|push|includes|replace|startsWith|endsWith|concat|reduce|find|some|every|indexOf|padStart|padEnd|toFixed|sort|get|set|has|add|match|test)$/.test(
      nameOfMember(callee) ?? "",
    )
  );
}
