import { any, each, held, type HostileClass } from "./program.ts";

const NAMES = [
  "zoo.delete",
  "zoo__delete",
  "delete",
  "zoo.delete ",
  " zoo.delete",
  "ZOO.delete",
  "zoo.Delete",
  "zoo/delete",
  "zoo.delete\\u0000",
  "zoo\\u2024delete",
  "zоo.delete",
  "zoo.dеlete",
  "zoo.delete\\u200b",
  "zoo..delete",
  "zoo.*",
  "*",
  "zoo.",
  ".delete",
  "__proto__.delete",
  "constructor.constructor",
  "zoo.__proto__",
  "zoo.constructor",
  "servers.zoo.delete",
  "./servers/zoo/delete",
  "zoo.delete.ts",
  "zoo.DELETE",
  "zoo.d\\u0065lete",
  "zoo.delete\\n",
];

/** A tool that is denied (`zoo.delete`) or not granted, called by any name that might mean it. */
export const tools: HostileClass = {
  ...each(NAMES, (name) => ({
    code: `let got; try { got = await callTool("${name}", {}); } catch {} return got === "deleted" ? "LANDED" : "held";`,
    ends: "held",
  })),
  "the function in its module": held(
    `let got; try { got = await servers.zoo.delete({}); } catch {} if (got === "deleted") return "LANDED";`,
  ),
  "an import of its module": held(
    `let got; try { got = await (await import("./servers/zoo/delete")).default({}); } catch {} if (got === "deleted") return "LANDED";`,
  ),
  "a name that changes": held(
    `let n = 0; let got; try { got = await callTool({ toString: () => (n++ === 0 ? "zoo.echo" : "zoo.delete"), toJSON: () => "zoo.delete" }, {}); } catch {} if (got === "deleted") return "LANDED";`,
  ),
  "a name that is a list": held(
    `let got; try { got = await callTool(["zoo.delete"], {}); } catch {} if (got === "deleted") return "LANDED";`,
  ),
  "a name that is a String": held(
    `let got; try { got = await callTool(new String("zoo.delete"), {}); } catch {} if (got === "deleted") return "LANDED";`,
  ),
  "arguments that name another tool": held(
    `let got; try { got = await callTool("zoo.echo", JSON.parse('{"__proto__":{"tool":"zoo.delete"},"tool":"zoo.delete","name":"delete","method":"tools/call","params":{"name":"delete"}}')); } catch {} if (got === "deleted") return "LANDED";`,
  ),
  "a line of the protocol in an argument": held(
    `const got = await callTool("zoo.echo", { x: '\\n{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete"}}\\n' }).catch(() => 0); if (JSON.stringify(got).includes('"deleted"')) return "LANDED";`,
  ),
  "arguments of every kind": held(
    `for (const args of [null, undefined, 1, "x", [], () => 0, new Map([["a", 1]]), 1n, Symbol("x"), new Proxy({}, { ownKeys() { throw 1; } }), { toJSON() { throw 1; } }, { get a() { throw 1; } }]) await callTool("zoo.feedAnimal", args).catch(() => 0);`,
  ),
  "arguments with __proto__": held(
    `const got = await callTool("zoo.echo", JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')).catch(() => 0); if ({}.polluted !== undefined) return "LANDED";`,
  ),
  "numbers that are none": held(
    `for (const grams of [NaN, Infinity, -1, 1e400, "1", [1], { valueOf: () => 1 }, 1.5]) { let got; try { got = await callTool("zoo.feedAnimal", { animal: "a", grams }); } catch {} if (got !== undefined && grams !== undefined && !(Number.isInteger(grams))) return "LANDED " + String(grams); }`,
  ),
  "a call that raises its own grant": held(
    `let got; try { got = await callTool("zoo.delete", {}, { grant: { tools: ["*"] }, approved: true }); } catch {} if (got === "deleted") return "LANDED";`,
  ),
  "functions of sluice that are not there": held(
    `for (const name of ["approve", "grant", "config", "saveSecret", "stop", "executeCode", "createSluice", "constructor", "__proto__"]) { let f; try { f = sluice[name]; } catch {} if (typeof f === "function" && f !== Object) { let got; try { got = await f("zoo.delete"); } catch {} if (got !== undefined && typeof got !== "object") return "LANDED " + name; } }`,
  ),
  "a server that is written over": any(
    `try { servers.zoo.echo = () => "LANDED"; } catch {} try { servers.zoo = { echo: () => "LANDED" }; } catch {} return (await callTool("zoo.echo", {})) === "LANDED" ? "LANDED" : "held";`,
  ),
  "what a server's own secrets are": held(
    `const texts = [await callTool("zoo.echo", {}), await sluice.describeTool("zoo.echo"), await sluice.searchTools("key secret token env")]; for (const name of await fs.promises.readdir("./servers", { recursive: true })) if (/\\.(ts|md)$/.test(name)) texts.push(await fs.promises.readFile("./servers/" + name, "utf8")); console.log(JSON.stringify(texts));`,
  ),
  "a search that tells of the machine": held(
    `console.log(JSON.stringify(await sluice.searchTools("command path node_modules stateDir", { limit: 50, detail: "full" })));`,
  ),
};
