// Checks programs against the modules that they name, in a thread of its own: TypeScript takes half a second and 180 MB to
// load. It only ever warns, so what it does not know is `any`.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

/**
 * One program and all that it can name.
 * @typedef {object} CheckRequest
 * @property {number} id
 * @property {string} code
 * @property {[path: string, text: string][]} files modules of this program; those that never change came with the start
 * @property {[specifier: string, path: string][]} specifiers what the program's imports stand for
 * @property {[path: string, signature: string][]} signatures of the tools that the files are about
 * @property {[address: string, path: string][]} addresses texts by which the program calls tools
 */
/** @typedef {{ line: number, message: string }} Problem */

const PROGRAM = "/program.ts";
/** A `return` at the top is what programs are allowed, and a skill's types are not known. */
const IGNORED = new Set([1108, 1375, 1378, 2307, 2440, 2792, 7016, 7027, 7028]);
/** Arithmetic with something that is no number: dates are taken from each other. */
const NO_NUMBER = new Set([2362, 2363]);
/** A property that its type does not have. */
const MISSING = 2339;
/** What the compiler adds where the awaited type has it. */
const FORGOTTEN_AWAIT = 2773;
/** A text or list in a variable is any text or list to the compiler; which one it is, is known when it runs. */
const WIDENED =
  /type '(?:string|number|boolean)' is not assignable to (?:parameter of )?type '(?:-?\d|"|true|false)|Target (?:requires|allows only) \d+ element/i;
const CHARS_MAX = 400;

/** Files that were parsed for earlier programs and are kept: the tools that programs name are often the same. */
const PARSED_MAX = 500;

const { typescript, library, guestTypes, problemsMax } = workerData;
/** @type {typeof import("typescript-6")} */
const ts = createRequire(import.meta.url)(typescript);

/** @type {[path: string, text: string][]} */
const fixed = [...JSON.parse(readFileSync(library, "utf8")), ...guestTypes];
const always = fixed.map(([path]) => path).filter((path) => path.startsWith("/lib/") || path === "/guest/globals.d.ts");
/** What the program that is checked can name: path → text. @type {Map<string, string>} */
let texts = new Map(fixed);
/** @type {Map<string, string>} */
let specifiers = new Map();
/** By path and text, the last used last. @type {Map<string, import("typescript-6").SourceFile>} */
const parsed = new Map();
/** @type {import("typescript-6").Program | undefined} */
let previous;

/** @type {import("typescript-6").CompilerOptions} */
const options = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  noLib: true,
  types: [],
  // A program that runs well must not be told that it is not strict.
  strict: false,
  noImplicitAny: false,
  allowUnreachableCode: true,
  allowUnusedLabels: true,
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
};

/** @param {string} specifier @param {string} from */
function resolve(specifier, from) {
  if (from === PROGRAM) return specifiers.get(specifier);
  const base = specifier.startsWith(".") ? new URL(specifier, `file://${from}`).pathname : specifier;
  const bare = base.replace(/\.[jt]s$/, "");
  return [bare, `${bare}.ts`, `${bare}.d.ts`].find((path) => texts.has(path));
}

/** @type {import("typescript-6").CompilerHost} */
const host = {
  getSourceFile(path, how) {
    const text = texts.get(path);
    if (text === undefined) return undefined;
    const key = `${path}\n${text}`;
    const source = parsed.get(key) ?? ts.createSourceFile(path, text, how);
    parsed.delete(key);
    if (path !== PROGRAM) parsed.set(key, source);
    return source;
  },
  getCurrentDirectory: () => "/",
  getDefaultLibFileName: () => "/lib/all.d.ts",
  getCanonicalFileName: (path) => path,
  useCaseSensitiveFileNames: () => true,
  getNewLine: () => "\n",
  writeFile: () => undefined,
  fileExists: (path) => texts.has(path),
  readFile: (path) => texts.get(path),
  resolveModuleNameLiterals: (literals, from) =>
    literals.map(({ text }) => {
      const path = resolve(text, from);
      const extension = path?.endsWith(".d.ts") === true ? ts.Extension.Dts : ts.Extension.Ts;
      return { resolvedModule: path === undefined ? undefined : { resolvedFileName: path, extension } };
    }),
};

/** @param {CheckRequest} request @returns {Problem[]} */
function check({ code, files, specifiers: imported, signatures, addresses }) {
  texts = new Map([...fixed, ...files, [PROGRAM, throwReturns(code)]]);
  specifiers = new Map(imported);
  const named = new Map(addresses);
  const declared = files.map(([path]) => path).filter((path) => path.endsWith(".d.ts"));
  const tools = new Map(signatures);
  const program = ts.createProgram({
    rootNames: [...always, PROGRAM, ...declared],
    options,
    host,
    ...(previous === undefined ? {} : { oldProgram: previous }),
  });
  previous = program;
  for (const key of parsed.keys()) {
    if (parsed.size <= PARSED_MAX) break;
    parsed.delete(key);
  }
  const source = program.getSourceFile(PROGRAM);
  if (source === undefined) return [];
  const checker = program.getTypeChecker();
  const assigned = toAssigned(source);
  const problems = [];
  for (const { start = 0, code: number, messageText, relatedInformation } of program.getSemanticDiagnostics(source)) {
    if (IGNORED.has(number)) continue;
    const node = nodeAt(source, start);
    if (NO_NUMBER.has(number) && isDate(checker, node)) continue;
    const said = ts.flattenDiagnosticMessageText(messageText, ": ").replace(/\s+/g, " ");
    // Nothing can be installed here.
    const text = said
      .replace(/ Do you need to (?:install type definitions|change your target library).*/, "")
      .replace(/\.$/, "");
    // What began as an empty object is filled later.
    if (text.endsWith("does not exist on type '{}'")) continue;
    if (WIDENED.test(text) || isByName(node) || (number === MISSING && isScripted(checker, node, assigned))) continue;
    const signature = tools.get(findTool(checker, source, node, { tools, named }) ?? "");
    const isPromise = relatedInformation?.some(({ code: related }) => related === FORGOTTEN_AWAIT) === true;
    const message = shorten(`${text}${isPromise ? ". Did you forget to use 'await'?" : guess(checker, node)}`);
    problems.push({
      line: source.getLineAndCharacterOfPosition(start).line + 1,
      message: signature === undefined ? message : `${message}; the tool is ${signature}`,
    });
    if (problems.length === problemsMax) break;
  }
  return problems;
}

/**
 * What is returned at the top is thrown instead: the compiler does not look at a return that it does not allow. As long
 * as it was, so positions stay.
 * @param {string} code
 */
function throwReturns(code) {
  let text = code;
  /** @param {import("typescript-6").Node} node */
  const visit = (node) => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    if (ts.isReturnStatement(node) && node.expression !== undefined) {
      const at = node.getStart(source);
      text = `${text.slice(0, at)}throw ${text.slice(at + "return".length)}`;
    }
    ts.forEachChild(node, visit);
  };
  const source = ts.createSourceFile(PROGRAM, code, ts.ScriptTarget.ESNext, true);
  visit(source);
  return text;
}

/**
 * Which modules are tools, and by which texts they are called.
 * @typedef {{ tools: ReadonlyMap<string, string>, named: ReadonlyMap<string, string> }} Known
 */

/**
 * The module of the tool that a place is about: one whose call it stands in, or whose result or argument it names.
 * @param {import("typescript-6").TypeChecker} checker
 * @param {import("typescript-6").SourceFile} source
 * @param {import("typescript-6").Node | undefined} place
 * @param {Known} known
 */
function findTool(checker, source, place, known) {
  for (let node = place; node !== undefined && node !== source; node = node.parent) {
    const target = ts.isCallExpression(node)
      ? node
      : ts.isPropertyAccessExpression(node)
        ? node.expression
        : ts.isVariableDeclaration(node)
          ? toCall(node.initializer)
          : undefined;
    const path = target === undefined ? undefined : toolOf(checker, target, known);
    if (path !== undefined) return path;
    if (ts.isBlock(node) || ts.isFunctionLike(node)) return undefined;
  }
  return undefined;
}

/**
 * The module of the tool that an expression calls, is, or has its result from.
 * @param {import("typescript-6").TypeChecker} checker
 * @param {import("typescript-6").Expression} expression
 * @param {Known} known
 * @returns {string | undefined}
 */
function toolOf(checker, expression, known, depth = 0) {
  const [first] = ts.isCallExpression(expression) ? expression.arguments : [];
  const byName = first !== undefined && ts.isStringLiteralLike(first) ? known.named.get(first.text) : undefined;
  if (byName !== undefined) return byName;
  const target = ts.isCallExpression(expression) ? expression.expression : expression;
  const type = checker.getTypeAtLocation(target);
  for (const symbol of [type.aliasSymbol, type.symbol, checker.getSymbolAtLocation(target)])
    for (const declaration of declarationsOf(checker, symbol)) {
      const path = declaration.getSourceFile().fileName;
      if (known.tools.has(path)) return path;
      // What was not awaited is a promise, whatever it is of: its variable says.
      const made = ts.isVariableDeclaration(declaration) && depth < 3 ? toCall(declaration.initializer) : undefined;
      const found = made === undefined ? undefined : toolOf(checker, made, known, depth + 1);
      if (found !== undefined) return found;
    }
  return undefined;
}

/**
 * What a misspelt member of a destructured value was meant to be: elsewhere the compiler says it itself.
 * @param {import("typescript-6").TypeChecker} checker
 * @param {import("typescript-6").Node} node
 */
function guess(checker, node) {
  const element = node.parent;
  if (!ts.isIdentifier(node) || !ts.isBindingElement(element) || !ts.isObjectBindingPattern(element.parent)) return "";
  const whole = element.parent.parent;
  const type = checker.getTypeAtLocation((ts.isVariableDeclaration(whole) && whole.initializer) || whole);
  if (type.getProperty(node.text) !== undefined) return "";
  // @ts-expect-error not in the declarations: what the compiler guesses names with
  const near = ts.getSpellingSuggestion(node.text, type.getProperties(), (symbol) => symbol.name);
  return near === undefined ? "" : `. Did you mean '${near.name}'?`;
}

/** The properties that a program gives to values. @param {import("typescript-6").SourceFile} source */
function toAssigned(source) {
  /** @type {Set<string>} */
  const names = new Set();
  /** @param {import("typescript-6").Node} node */
  const visit = (node) => {
    if (ts.isBinaryExpression(node) && ts.isAssignmentOperator(node.operatorToken.kind)) {
      if (ts.isPropertyAccessExpression(node.left)) names.add(node.left.name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

/**
 * What a script may do with a property that its type does not have: give it to a value, and read it where one of several
 * types has it.
 * @param {import("typescript-6").TypeChecker} checker
 * @param {import("typescript-6").Node} node
 * @param {ReadonlySet<string>} assigned
 */
function isScripted(checker, node, assigned) {
  const access = node.parent;
  if (!ts.isIdentifier(node) || !ts.isPropertyAccessExpression(access) || access.name !== node) return false;
  if (assigned.has(node.text)) return true;
  const type = checker.getTypeAtLocation(access.expression);
  return type.isUnion() && type.types.some((one) => checker.getPropertyOfType(one, node.text) !== undefined);
}

/** Whether it is about a call of a tool whose name is made while it runs. @param {import("typescript-6").Node} place */
function isByName(place) {
  for (let node = place; node !== undefined && !ts.isBlock(node); node = node.parent)
    if (ts.isCallExpression(node))
      return (
        ts.isElementAccessExpression(node.expression) && !ts.isStringLiteralLike(node.expression.argumentExpression)
      );
  return false;
}

/** @param {import("typescript-6").TypeChecker} checker @param {import("typescript-6").Node} node */
function isDate(checker, node) {
  for (let at = node; ts.isExpression(at); at = at.parent)
    if (checker.getTypeAtLocation(at).symbol?.name === "Date") return true;
  return false;
}

/** The call in `await crm.getLead()`; any other expression itself. @param {import("typescript-6").Expression | undefined} expression */
function toCall(expression) {
  return expression !== undefined && ts.isAwaitExpression(expression) ? expression.expression : expression;
}

/** @param {import("typescript-6").TypeChecker} checker @param {import("typescript-6").Symbol | undefined} symbol */
function declarationsOf(checker, symbol) {
  if (symbol === undefined) return [];
  const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return real.declarations ?? [];
}

/** @param {import("typescript-6").SourceFile} source @param {number} at @returns {import("typescript-6").Node | undefined} */
function nodeAt(source, at) {
  /** @param {import("typescript-6").Node} node @returns {import("typescript-6").Node} */
  const inner = (node) =>
    ts.forEachChild(node, (child) => (child.getStart(source) <= at && at < child.end ? inner(child) : undefined)) ??
    node;
  return inner(source);
}

/** @param {string} text */
function shorten(text) {
  return text.length <= CHARS_MAX ? text : `${text.slice(0, CHARS_MAX - 1)}…`;
}

parentPort?.on("message", (/** @type {CheckRequest} */ request) => {
  /** @type {Problem[] | undefined} */
  let problems;
  try {
    problems = check(request);
  } catch {
    // A check that fails warns of nothing.
  }
  parentPort?.postMessage({ id: request.id, problems });
});
