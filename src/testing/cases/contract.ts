import type { ConformanceCase } from "../conformance-case.ts";
import { toCases } from "../conformance-case.ts";
import { callCases } from "./contract-calls.ts";
import { languageCases } from "./contract-language.ts";
import { worldCases } from "./contract-world.ts";

const item = { id: 7, note: "" };
const get = "getItem({ id: 7 })";

/** What programs may write to reach a tool: every spelling of DESIGN 2.3. */
const imports = [
  "./servers/kit",
  "./servers/kit/",
  "./servers/kit/index",
  "./servers/kit/index.ts",
  "./servers/kit/index.js",
  "./servers/kit.ts",
  "../servers/kit",
  "/servers/kit",
  "servers/kit",
  "./servers/second-kit",
  "./servers/secondKit",
  "./servers/secondKit/index.ts",
  "./servers/kit/getItem",
  "./servers/kit/getItem.ts",
  "./servers/kit/getItem.js",
  "./servers/kit/get-item",
  "./servers/kit/get-item.ts",
  "./servers/second-kit/get-item",
  "./servers/secondKit/getItem.ts",
  "../servers/kit/getItem",
];

const addresses = [
  "kit.get-item",
  "kit.getItem",
  "kit__get-item",
  "kit__getItem",
  "secondKit.getItem",
  "second-kit__get-item",
];

const names: ConformanceCase[] = [
  {
    area: "contract",
    name: "imports by every spelling of a server and a tool",
    code: `${imports.map((path, index) => `import { getItem as get${index} } from "${path}";`).join("\n")}
return { ${imports.map((path, index) => `"${path}": await get${index}({ id: 7 })`).join(", ")} };`,
    expected: { result: Object.fromEntries(imports.map((path) => [path, item])) },
  },
  {
    area: "contract",
    name: "callTool by every spelling of an address",
    code: `const got: any = {};\nfor (const name of ${JSON.stringify(addresses)}) got[name] = await callTool(name, { id: 7 });\nreturn got;`,
    expected: { result: Object.fromEntries(addresses.map((address) => [address, item])) },
  },
  ...toCases("contract", {
    "import as a namespace": [`import * as k from "./servers/kit";\nreturn await k.${get};`, item],
    "import the default of a server": [`import kit from "./servers/kit";\nreturn await kit.${get};`, item],
    "import the default of a tool": [`import get from "./servers/kit/get-item";\nreturn await get({ id: 7 });`, item],
    "import under another name": [
      `import { getItem as get, "delete" as remove } from "./servers/kit";\nreturn [await get({ id: 7 }), await remove({})];`,
      [item, "deleted"],
    ],
    "import of a tool with a dot in its name": [
      `import { itemsList } from "./servers/kit/items.list.ts";\nreturn await itemsList({});`,
      ["north", "south"],
    ],
    "import of types": [
      `import type { GetItemInput } from "./servers/kit";\nimport { type GetItemInput as Same, getItem } from "./servers/kit";\nconst input: GetItemInput & Same = { id: 7 };\nreturn await getItem(input);`,
      item,
    ],
    "import at run time, of a computed name": [
      `const { getItem, default: all } = await import("./servers/" + ["second", "kit"].join("-"));\nreturn [await ${get}, await all.${get}];`,
      [item, item],
    ],
    require: [`const { getItem } = require("./servers/kit");\nreturn await ${get};`, item],
    "import of all servers": [
      `import * as all from "./servers";\nreturn [Object.keys(all).sort(), await all.secondKit.${get}];`,
      [["kit", "secondKit"], item],
    ],
    "an export from a server": [`export { getItem } from "./servers/kit";\nreturn await kit.${get};`, item],
    "servers as globals, on servers and on globalThis": [
      `const name = "second" + "Kit";\nreturn [await kit.${get}, await servers[name].${get}, await globalThis.kit.${get}];`,
      [item, item, item],
      { isSmoke: true },
    ],
    "a name of the program hides a server": ["const kit = 1;\nreturn kit;", 1],
    "names that mean something else get a _": [
      "return [await kit.default_({}), await kit.constructor_({}), await kit.then_({}), await kit.index_({}), await kit._2ndItem({}), await kit.delete({})];",
      ["by default", "built", "afterwards", "indexed", "second", "deleted"],
    ],
    "a server is no promise and has no prototype to change": [
      "const before = await kit;\ntry { (kit as any).getItem = 1; return 'changed'; } catch (error) { return [before === kit, error.name, kit.getItem.name]; }",
      [true, "TypeError", "getItem"],
    ],
    "of two names that meet, the one that is the call name keeps it": [
      "const names = Object.keys(kit).filter((name) => /^getName/i.test(name)).sort();\nreturn [await kit.getName({}), names.length, /^getName_[0-9a-f]{4}$/.test(names[1]), await (kit as any)[names[1]]({})];",
      ["getName", 2, true, "get-name"],
    ],
    "the article's client": [
      `import { callMCPTool } from "../client.js";\nreturn await callMCPTool<{ id: number }>("kit__get-item", { id: 7 });`,
      item,
    ],
    "sluice, fs, path and buffer by all their names": [
      `import { readFile } from "fs/promises";\nimport * as a from "node:fs/promises";\nimport fs, { promises, existsSync } from "fs";\nimport { promises as p } from "node:fs";\nimport path, { join } from "node:path";\nimport { Buffer as B } from "buffer";\nimport { callTool as c } from "sluice";\nreturn [readFile === a.readFile, fs.promises.readFile === promises.readFile, p.readFile === readFile, typeof existsSync, join === path.join, B === Buffer, c === callTool];`,
      [true, true, true, "function", true, true, true],
    ],
    "a skill": [`import { double } from "./skills/double";\nreturn double(21);`, 42],
  }),
  ...toCases(
    "contract",
    {
      "an unknown tool, with the nearest": [
        "return await callTool('kit.getItm', {});",
        { code: "tool_not_found", hint: /kit\.get-item/, line: 1 },
      ],
      "a name that several tools have": [
        "return await callTool('getItem', { id: 1 });",
        { code: "tool_ambiguous", hint: /kit\.get-item, second-kit\.get-item/ },
      ],
      "an unknown import, at its line": [
        `const a = 1;\nimport x from "lodash";\nreturn x;`,
        { code: "import_not_found", message: /Cannot import "lodash"/, line: 2 },
      ],
      "an unknown import at run time": [
        "const name = 'node:' + 'vm';\nawait import(name);",
        { code: "import_not_found", message: /node:vm/ },
      ],
    },
    (error) => ({ error: error as object }),
  ),
];

/** The guest contract, in the order of DESIGN 2.3: the same on every engine behind every wall. */
export const contractCases: readonly ConformanceCase[] = [...names, ...callCases, ...languageCases, ...worldCases];
