import { any, each, type HostileClass, refused } from "./program.ts";

const RUN = JSON.stringify("return 40 + 2");

/** Functions made from text, by every road to a constructor. */
export const codeFromText: HostileClass = {
  ...each(
    [
      `eval("1 + 1")`,
      `(0, eval)("1 + 1")`,
      `globalThis["ev" + "al"]("1 + 1")`,
      `eval?.("1 + 1")`,
      `Reflect.apply(eval, undefined, ["1 + 1"])`,
      `new Function(${RUN})()`,
      `Function(${RUN})()`,
      `Reflect.construct(Function, [${RUN}])()`,
      `(() => 0).constructor(${RUN})()`,
      `[].map.constructor(${RUN})()`,
      `(async () => 0).constructor("return 1")()`,
      `(function* () {}).constructor("yield 1")().next()`,
      `(async function* () {}).constructor("yield 1")().next()`,
      `Object.getPrototypeOf(async () => 0).constructor("return 1")()`,
      `[]["filter"]["constructor"](${RUN})()`,
      `class extends Function {}; new (class extends Function {})(${RUN})()`,
      `new Proxy(Function, {})(${RUN})()`,
      `Function.prototype.constructor.bind(null, ${RUN})()()`,
      `Object.getOwnPropertyDescriptor(Function.prototype, "constructor").value(${RUN})()`,
      `ToolError.constructor(${RUN})()`,
      `callTool.constructor(${RUN})()`,
      `console.log.constructor(${RUN})()`,
      `fetch.constructor("return 1")()`,
      `setTimeout.constructor(${RUN})()`,
      `crypto.getRandomValues.constructor(${RUN})()`,
      `Buffer.constructor(${RUN})()`,
      `(class { static {} }).constructor(${RUN})()`,
      `Object.getOwnPropertyDescriptor(Object.prototype, "__proto__").get.constructor(${RUN})()`,
      `structuredClone.constructor(${RUN})()`,
      `new Error().constructor.constructor(${RUN})()`,
      `Symbol.prototype[Symbol.toPrimitive].constructor(${RUN})()`,
    ].map((code) => code.replace(/^class extends Function \{\}; /, "")),
    refused,
  ),
  "a timer with a text": refused(`setTimeout("globalThis.landed = 1", 0)`),
  "an interval with a text": refused(`setInterval("globalThis.landed = 1", 1)`),
  "a getter that makes a function": refused(
    `const o = { get f() { return this.constructor.constructor(${RUN}); } }; o.f()`,
  ),
  "species that is Function": any(
    `const a = [1]; a.constructor = { [Symbol.species]: function (n) { return (() => 0).constructor("return 'LANDED'"); } };
try { const got = a.map((x) => x); return typeof got === "function" ? got() : "held"; } catch { return "held"; }`,
  ),
  "a template tag": refused(`(() => 0).constructor\`return 1\`()`),
  "a regular expression's replacement": refused(`"return 1".replace(/.*/, (text) => (() => 0).constructor(text)())`),
  "a sort that calls it": refused(`["return 1", "return 2"].sort((0, (() => 0).constructor))`),
  "JSON's reviver": refused(`JSON.parse('"return 1"', (key, value) => (() => 0).constructor(value)())`),
};
