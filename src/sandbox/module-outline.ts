import type { OutlineCall, OutlineLiteral, OutlineValue, ProgramOutline } from "../base/program-outline.ts";
import { addDeclared, type DeclaredNames, isForeignCall, isValueMethod } from "./foreign-call.ts";
import { isTypeOnly, type ParsedModule, singleFunction } from "./module-syntax.ts";
import { toTypeSchema, type TypeDeclarations } from "./type-schema.ts";
import { childrenOf, nameOfMember, type Node, nodeOf, nodesOf, pathOf } from "./syntax-node.ts";

/** What is known of where a node stands. */
interface Place {
  role: OutlineLiteral["role"];
  name?: string;
  statement?: { start: number; end: number };
}

const SIGNATURE_CHARS_MAX = 1_000;
/** The declarations of types that one signature shows. */
const SHOWN_TYPES_MAX = 8;
const callNames = new Set(["callTool", "callMCPTool"]);

/** Reads from a parsed module what saving it as a skill needs to know. */
export function toOutline(parsed: ParsedModule): ProgramOutline {
  const { text, module } = parsed;
  const program = parsed.program as unknown as Node;
  const body = nodesOf(program["body"]);
  const imports = module.staticImports
    .filter((statement) => !isTypeOnly(statement))
    .flatMap(({ moduleRequest, entries }) =>
      entries
        .filter(({ isType }) => !isType)
        .map(({ importName, localName }) => ({
          specifier: moduleRequest.value,
          imported:
            importName.kind === "Name" ? (importName.name ?? "") : importName.kind === "Default" ? "default" : "*",
          local: localName.value,
        })),
    );
  const declared = new Set(imports.map(({ local }) => local));
  const found = walkAll(program, { imported: new Set(declared), declared: addDeclared(program, declared) });
  const isDefault = body.find(({ type }) => type === "ExportDefaultDeclaration");
  const value = isDefault && nodeOf(isDefault["declaration"]);
  const single = singleFunction(parsed.program);
  return {
    text,
    exports: toExports(body, text, parsed),
    imports,
    ...found,
    reexports: [...toReexports(parsed), ...found.reexports],
    comments: commentsIn(text, parsed),
    importRanges: module.staticImports.map(({ start, end }) => ({ start, end })),
    ...(isDefault === undefined || value === undefined
      ? {}
      : {
          defaultExport: { start: isDefault.start, end: isDefault.end, valueStart: value.start, valueEnd: value.end },
        }),
    ...(single === undefined ? {} : { singleFunction: { start: single.start, end: single.end } }),
  };
}

/** Literals, members and names, in the order of the text. */
function walkAll(
  program: Node,
  names: DeclaredNames,
): Pick<ProgramOutline, "literals" | "members" | "bare" | "addresses" | "reexports"> {
  const literals: OutlineLiteral[] = [];
  const members: ProgramOutline["members"] = [];
  const bare = new Set<string>();
  const addresses = new Set<string>();
  const reexports: ProgramOutline["reexports"] = [];

  function walk(node: Node, place: Place): void {
    switch (node.type) {
      case "Literal": {
        const value = node["value"];
        if (typeof value === "string" || typeof value === "number")
          literals.push({ start: node.start, end: node.end, value, ...place });
        return;
      }
      case "TemplateLiteral": {
        const [only, ...others] = nodesOf(node["quasis"]);
        const cooked = (only?.["value"] as { cooked?: string } | undefined)?.cooked;
        if (others.length === 0 && cooked !== undefined)
          literals.push({ start: node.start, end: node.end, value: cooked, ...place });
        break;
      }
      case "Identifier":
        bare.add(String(node["name"]));
        break;
      case "MemberExpression":
        return walkMember(node);
      case "CallExpression":
        return walkCall(node, place);
      case "ImportExpression": {
        const specifier = nodeOf(node["source"])?.["value"];
        if (typeof specifier === "string") reexports.push({ specifier, imported: "*" });
        break;
      }
      case "Property":
        return walkProperty(node, place);
      case "UnaryExpression": {
        const argument = nodeOf(node["argument"]);
        if (node["operator"] === "-" && typeof argument?.["value"] === "number") {
          literals.push({ start: node.start, end: node.end, value: -argument["value"], ...place });
          return;
        }
        break;
      }
      case "VariableDeclarator": {
        const id = nodeOf(node["id"]);
        const init = nodeOf(node["init"]);
        if (id !== undefined) walk(id, { role: "other" });
        if (init !== undefined)
          walk(
            init,
            place.role === "constant" && id?.type === "Identifier"
              ? { ...place, name: String(id["name"]) }
              : { role: "other" },
          );
        return;
      }
      case "ArrayExpression":
      case "ObjectExpression": {
        const value = place.statement === undefined ? undefined : toConstant(node);
        if (value === undefined)
          // A constant is one value; of a list or an object in an argument, each value is one.
          return walkBelow(node, place.role === "argument" ? place : { role: "other" });
        literals.push({ start: node.start, end: node.end, value, ...place });
        for (const member of nodesOf(node["properties"])) walkKey(member);
        return;
      }
      case "TSAsExpression":
        // A list or an object of these texts alone is no input.
        return walkBelow(node, isConstAssertion(node) && isCollection(node) ? { role: "other" } : place);
      case "TSSatisfiesExpression":
      case "AwaitExpression":
      case "ParenthesizedExpression":
        return walkBelow(node, place);
    }
    walkBelow(node, node.type.startsWith("TS") ? { role: "type" } : { role: "other" });
  }

  function walkBelow(node: Node, place: Place): void {
    for (const child of childrenOf(node)) walk(child, child.type.startsWith("TSType") ? { role: "type" } : place);
  }

  function walkMember(node: Node): void {
    const object = nodeOf(node["object"]);
    const property = nodeOf(node["property"]);
    if (object === undefined || property === undefined) return;
    const member = nameOfMember(node);
    const path = pathOf(object);
    if (path !== undefined && member !== undefined) members.push({ object: path, member });
    if (path === undefined || member === undefined) walk(object, { role: "other" });
    if (node["computed"] === true) walk(property, { role: "key" });
  }

  function walkCall(node: Node, place: Place): void {
    const callee = nodeOf(node["callee"]);
    const args = nodesOf(node["arguments"]);
    if (callee !== undefined) walk(callee, { role: "other" });
    const name = callee?.type === "Identifier" ? String(callee["name"]) : undefined;
    const isTool = name !== undefined && callNames.has(name);
    const first = args[0]?.["value"];
    if (isTool && typeof first === "string") addresses.add(first);
    const isForeign = isTool || (callee !== undefined && isForeignCall(callee, names));
    // A method of a value is given separators and formats; `JSON` and the like are given values.
    const isMethod = !isForeign && callee !== undefined && isValueMethod(callee);
    for (const [index, argument] of args.entries()) {
      // The address of a tool is part of what the program does.
      const role =
        isTool && index === 0 ? "key" : isForeign || (place.role === "argument" && !isMethod) ? "argument" : "other";
      walk(argument, { role });
    }
  }

  function walkProperty(node: Node, place: Place): void {
    const key = nodeOf(node["key"]);
    const value = nodeOf(node["value"]);
    const name =
      key === undefined || node["computed"] === true
        ? undefined
        : key.type === "Identifier"
          ? String(key["name"])
          : String(key["value"]);
    if (key !== undefined && node["computed"] === true) walk(key, { role: "key" });
    else walkKey(node);
    if (value !== undefined) walk(value, { role: place.role, ...(name === undefined ? {} : { name }) });
  }

  function walkKey(property: Node): void {
    const key = nodeOf(property["key"]);
    if (key?.type === "Literal" && typeof key["value"] === "string")
      literals.push({ start: key.start, end: key.end, value: key["value"], role: "key" });
  }

  for (const statement of nodesOf(program["body"])) {
    if (statement.type === "ImportDeclaration" || statement.type === "ExportAllDeclaration") {
      for (const child of childrenOf(statement)) if (child.type === "Literal") walk(child, { role: "specifier" });
      continue;
    }
    const declared = nodeOf(statement["declaration"]) ?? statement;
    if (declared.type === "VariableDeclaration" && declared["kind"] === "const") {
      const declarations = nodesOf(declared["declarations"]);
      const alone = declarations.length === 1 ? { statement: { start: statement.start, end: statement.end } } : {};
      for (const one of declarations) walk(one, { role: "constant", ...alone });
    } else walk(statement, { role: "other" });
  }
  literals.sort((a, b) => a.start - b.start);
  return { literals, members, bare: [...bare], addresses: [...addresses], reexports };
}

function toReexports({ module }: ParsedModule): ProgramOutline["reexports"] {
  return module.staticExports
    .flatMap(({ entries }) => entries)
    .flatMap(({ moduleRequest, importName, isType }) =>
      moduleRequest === null || isType
        ? []
        : [{ specifier: moduleRequest.value, imported: importName.kind === "Name" ? (importName.name ?? "*") : "*" }],
    );
}

/** The value of a list of texts or of numbers, or of an object of these under plain keys. */
function toConstant(node: Node): OutlineValue | undefined {
  if (node.type === "ArrayExpression") {
    const values = (node["elements"] as unknown[]).map((element) => toSingle(nodeOf(element)));
    const texts = values.filter((value) => typeof value === "string");
    const numbers = values.filter((value) => typeof value === "number");
    if (values.length === 0) return undefined;
    return texts.length === values.length ? texts : numbers.length === values.length ? numbers : undefined;
  }
  const entries = nodesOf(node["properties"]).map((member): [string, string | number] | undefined => {
    const key = nodeOf(member["key"]);
    const value = toSingle(nodeOf(member["value"]));
    const name = key?.type === "Identifier" ? key["name"] : key?.["value"];
    const isPlain = member.type === "Property" && member["computed"] !== true && typeof name === "string";
    return isPlain && name !== "__proto__" && value !== undefined ? [name, value] : undefined;
  });
  const known = entries.filter((entry) => entry !== undefined);
  return known.length === 0 || known.length < entries.length ? undefined : Object.fromEntries(known);
}

/** The value of a text or number. */
function toSingle(node: Node | undefined): string | number | undefined {
  const value = node?.type === "Literal" ? node["value"] : undefined;
  if (typeof value === "string" || typeof value === "number") return value;
  if (node?.type !== "UnaryExpression" || node["operator"] !== "-") return undefined;
  const positive = nodeOf(node["argument"])?.["value"];
  return typeof positive === "number" ? -positive : undefined;
}

function isCollection(node: Node): boolean {
  return /^(?:Array|Object)Expression$/.test(nodeOf(node["expression"])?.type ?? "");
}

/** `… as const` */
function isConstAssertion(node: Node): boolean {
  const type = nodeOf(node["typeAnnotation"]);
  return (type && nodeOf(type["typeName"]))?.["name"] === "const";
}

function toExports(body: readonly Node[], text: string, { module }: ParsedModule): ProgramOutline["exports"] {
  const declared = new Map<string, Node>();
  const types = new Map<string, Node>();
  const twice = new Set<string>();
  for (const statement of body) {
    const node = nodeOf(statement["declaration"]) ?? statement;
    const id = nodeOf(node["id"]);
    if (node.type === "FunctionDeclaration" && id !== undefined) declared.set(String(id["name"]), node);
    if ((node.type === "TSInterfaceDeclaration" || node.type === "TSTypeAliasDeclaration") && id !== undefined) {
      if (types.has(String(id["name"]))) twice.add(String(id["name"]));
      types.set(String(id["name"]), node);
    }
    if (node.type !== "VariableDeclaration") continue;
    for (const one of nodesOf(node["declarations"])) {
      const init = nodeOf(one["init"]);
      const name = nodeOf(one["id"])?.["name"];
      if (typeof name === "string" && init !== undefined && /^(?:ArrowFunction|Function)Expression$/.test(init.type))
        declared.set(name, init);
    }
  }
  const exported = new Set<string>();
  return module.staticExports
    .flatMap(({ entries }) => entries)
    .filter(({ isType }) => !isType)
    .filter(({ exportName: { name } }) => {
      // A function is exported once, however many ways to call it are declared before it.
      const isFirst = name === null || !exported.has(name);
      exported.add(name ?? "");
      return isFirst;
    })
    .map((entry) => {
      const name = entry.exportName.kind === "Default" ? "default" : (entry.exportName.name ?? "*");
      const local = entry.moduleRequest === null ? (entry.localName.name ?? name) : undefined;
      const node = local === undefined ? undefined : declared.get(local);
      return node === undefined ? { name } : { name, call: toCall(name, node, text, { types, twice }) };
    })
    .filter(({ name }) => !types.has(name));
}

function toCall(
  name: string,
  node: Node,
  text: string,
  { types, twice }: { types: TypeDeclarations; twice: ReadonlySet<string> },
): OutlineCall {
  // A type with several declarations has the members of all; a parameter of the function hides one of its name.
  const own = nodesOf(nodeOf(node["typeParameters"])?.["params"]).map((one) => String(nodeOf(one["name"])?.["name"]));
  const plain = new Map([...types].filter(([type]) => !twice.has(type) && !own.includes(type)));
  const parameters = nodesOf(node["params"]).map((given, index) => toParameter(given, index, text, plain));
  const returned = nodeOf(node["returnType"]);
  const result =
    returned === undefined
      ? node["async"] === true
        ? "Promise<any>"
        : "any"
      : text.slice(returned.start, returned.end).replace(/^:\s*/, "");
  const head = toLine(`${name}(${parameters.map(({ shown }) => shown).join(", ")}): ${result}`);
  const where = [...types]
    .filter(([type]) => new RegExp(`\\b${type}\\b`).test(head))
    .slice(0, SHOWN_TYPES_MAX)
    .map(([, { start, end }]) => toLine(text.slice(start, end)).replace(/;$/, ""));
  const signature = where.length === 0 ? head : `${head} where ${where.join("; ")}`;
  return {
    signature: signature.length > SIGNATURE_CHARS_MAX ? `${signature.slice(0, SIGNATURE_CHARS_MAX - 1)}…` : signature,
    parameters: parameters.map(({ parameter }) => parameter),
  };
}

function toParameter(
  given: Node,
  index: number,
  text: string,
  types: TypeDeclarations,
): { parameter: OutlineCall["parameters"][number]; shown: string } {
  const hasDefault = given.type === "AssignmentPattern";
  const isRest = given.type === "RestElement";
  const node = (hasDefault ? nodeOf(given["left"]) : isRest ? nodeOf(given["argument"]) : given) ?? given;
  const annotation = nodeOf(node["typeAnnotation"]) ?? nodeOf(given["typeAnnotation"]);
  const type = annotation === undefined ? "any" : text.slice(annotation.start, annotation.end).replace(/^:\s*/, "");
  const isPattern = node.type === "ObjectPattern";
  const name = node.type === "Identifier" ? String(node["name"]) : index === 0 ? "input" : `input${index + 1}`;
  const isOptional = hasDefault || isRest || node["optional"] === true;
  const shown = `${isRest ? "..." : ""}${name}${isOptional && !isRest ? "?" : ""}: ${isPattern && annotation === undefined ? membersOf(node) : type}`;
  const isObject = isPattern || /^(?:\{|Record<|[A-Z]\w*(?:Input|Options|Args|Params)\b|object\b)/.test(type);
  const schema = annotation === undefined && isPattern ? { type: "object" } : toTypeSchema(annotation, types);
  return { parameter: { name, type: toLine(type), schema, isOptional, isObject, isRest }, shown };
}

/** `{ a: any; b?: any }` of a pattern without a type. */
function membersOf(pattern: Node): string {
  const members = nodesOf(pattern["properties"]).flatMap((one) => {
    const key = nodeOf(one["key"]);
    return key?.type === "Identifier"
      ? [`${String(key["name"])}${nodeOf(one["value"])?.type === "AssignmentPattern" ? "?" : ""}: any`]
      : [];
  });
  return `{ ${members.join("; ")} }`;
}

function commentsIn(text: string, { comments }: ParsedModule): ProgramOutline["comments"] {
  return comments.filter(({ end }) => end <= text.length).map(({ start, end }) => ({ start, end }));
}

/** On one line, without what a terminal obeys or what turns it around. */
function toLine(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, " ")
    .replace(/\s+/g, " ")
    .replace(/[\p{Cc}\p{Cf}]/gu, "")
    .trim();
}
