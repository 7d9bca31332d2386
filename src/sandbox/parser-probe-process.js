// Parses and transforms the text on its stdin as the linker does, and exits with 0 if it lived through it: the parser is
// native code that recurses, and deep nesting overflows its stack, which ends the process that it is in.
import { parseSync } from "oxc-parser";
import { transformSync } from "oxc-transform";

/** @type {Buffer[]} */
const chunks = [];
process.stdin.on("data", (chunk) => chunks.push(chunk));
process.stdin.on("end", () => {
  const text = Buffer.concat(chunks).toString("utf8");
  const { program } = parseSync("program.ts", text, { sourceType: "module", lang: "ts", showSemanticErrors: true });
  const around = `export default async function(){{{${program.type === "Program" ? text : ""}\n}}}`;
  transformSync("program.ts", around, { lang: "ts", sourceType: "module", target: "es2023", sourcemap: true });
});
