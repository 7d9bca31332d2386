import { each, held, type HostileClass, refused } from "./program.ts";

const SPECIFIERS = [
  "node:fs",
  "node:vm",
  "node:process",
  "node:child_process",
  "node:worker_threads",
  "node:module",
  "node:net",
  "node:http",
  "node:inspector",
  "node:v8",
  "node:os",
  "node:dns",
  "node:sqlite",
  "node:test",
  "vm",
  "module",
  "process",
  "child_process",
  "data:text/javascript,export default 1",
  "data:application/json,{}",
  "file:///etc/passwd",
  "file://%FILE%",
  "%FILE%",
  "blob:null/1",
  "npm:left-pad",
  "jsr:@std/fs",
  "http://127.0.0.1:%PORT%/x.js",
  "https://127.0.0.1:%PORT%/x.js",
  "ext:core/mod.js",
  "ext:deno_node/_process/process.mjs",
  "std",
  "os",
  "bjson",
  "qjs:os",
  "qjs:std",
  "sluice:1",
  "program:1",
  "prelude",
  "quickjs-platform.js",
  "./runner.js",
  "../sandbox/guest/deno.js",
  "bun:ffi",
  "cloudflare:sockets",
  "#internal",
  "\\u0000node:fs",
  " node:fs",
  "NODE:FS",
  "node:fs\\u0000",
  "node:./fs",
];

/** An import that the linker does not see as one: what the engine then loads is a module of its own. */
const LOADS = `import("node:vm").then(() => { globalThis.landed = "LANDED"; }, () => undefined)`;
const SAYS = `await new Promise((done) => setTimeout(done, 50));\nreturn globalThis.landed ?? "held";`;

/** Modules that a program must not get, and ways to write an import so that nobody sees it. */
export const imports: HostileClass = {
  // What has no such module at all may be one of ours: `fs`, which is the gate.
  ...each(SPECIFIERS, (specifier) => ({
    code: `import("./servers").catch(() => 0);
try { const m = await import(\`${specifier}\`); const own = await import("fs"); if (m.readFile !== own.readFile || m.readFile === undefined) return "LANDED " + Object.keys(m); } catch {}
return "held";`,
    ends: "held",
  })),
  "a static import of a module of Node": {
    code: `import vm from "node:vm";\nreturn "LANDED"`,
    ends: ["import_not_found"],
  },
  "an import with attributes": {
    code: `import data from "./package.json" with { type: "json" };\nreturn "LANDED"`,
    ends: ["import_not_found"],
  },
  "a dynamic import with attributes": refused(`await import("file://%FILE%", { with: { type: "text" } })`),
  "a re-export": { code: `export { readFileSync } from "node:vm";\nreturn "LANDED"`, ends: ["import_not_found"] },
  "a star export": { code: `export * from "node:vm";\nreturn "LANDED"`, ends: ["import_not_found", "syntax_error"] },
  "import defer": refused(`await import.defer("node:vm")`),
  "import source": refused(`await import.source("node:vm")`),
  "import equals": refused(`const vm = require("node:vm"); vm.runInThisContext("1")`),
  "require of what is computed": refused(`require(["node", "vm"].join(":"))`),
  "require.cache and require.main": refused(`require.cache[Object.keys(require.cache)[0]].exports`),
  "require.resolve": refused(`require.resolve("node:vm")`),
  "import.meta": held(
    `const text = JSON.stringify([import.meta, import.meta.url, import.meta.dirname]);\nif (/home|root|tmp|sandbox|guest/.test(text)) return "LANDED " + text;`,
  ),
  "import.meta.resolve": refused(`import.meta.resolve("node:vm")`),
  "import.meta.main's own module": refused(`await import(import.meta.url)`),
  "an object as specifier": refused(`await import({ toString: () => "node:vm" })`),
  "a specifier that changes": refused(
    `let n = 0; await import({ toString: () => (n++ === 0 ? "./servers" : "node:vm") }).then((m) => m.runInThisContext.call)`,
  ),
  "in a comment between export and default": {
    code: `export/*1234567 ${LOADS} // */default 0\n${SAYS}`,
    ends: "held",
  },
  "in a comment before the exported function": {
    code: `export /*12345678901234567890*/ default /* ${LOADS} */ async function () { ${SAYS} }`,
    ends: "held",
  },
  "in a comment before a list of exports": {
    code: `let a = 1; export/*1234567 ${LOADS} // */{ a as default };\n${SAYS}`,
    ends: ["syntax_error", "completed"],
  },
  "in a template inside a declared namespace": {
    code: `declare namespace A { const a = \`\${import.meta} { ${LOADS}; // \` }\n${SAYS}`,
    ends: "held",
  },
  "in a template inside a declared enum": {
    code: `declare namespace A { enum E { a = \`\${import.meta} { ${LOADS}; // \` } }\n${SAYS}`,
    ends: "held",
  },
  "behind a comment of HTML": { code: `let a = 1, b = 1;\na <!-- /*\n; ${LOADS}; /* */ b;\n${SAYS}`, ends: "held" },
  "behind the end of a comment of HTML": { code: `let a = 1, b = 0;\na\n/*\n*/ --> b; ${LOADS}\n${SAYS}`, ends: "any" },
  "behind a line separator in a comment": { code: `// \u2028 ${LOADS}\n${SAYS}`, ends: "held" },
  "with the word in escapes": { code: `\\u0069mport("node:vm");\n${SAYS}`, ends: "any" },
  "in a type that is read as a value": { code: `const a = 1 as typeof import("node:vm");\n${SAYS}`, ends: "held" },
  "in a default of a parameter": {
    code: `const f = async (m = import("node:vm")) => m;\ntry { await f(); return "LANDED"; } catch { return "held"; }`,
    ends: "held",
  },
  "in a class's computed key": {
    code: `try { class A { static [await import("node:vm")] = 1; } return "LANDED"; } catch { return "held"; }`,
    ends: "held",
  },
  "the linker's own names": refused(`await __s.import("node:vm")`),
  "the linker's scope by arguments": refused(`await arguments[0].import("node:vm")`),
  "closing the function around the program": { code: `}} ${LOADS}; {{\n${SAYS}`, ends: ["syntax_error"] },
  "a decorator that imports": { code: `@(${LOADS}) class A {}\n${SAYS}`, ends: "any" },
  "a namespace alias": { code: `import vm = require("node:vm");\nreturn vm.runInThisContext("1")`, ends: "any" },
};
