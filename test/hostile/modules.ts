import { any, ended, held, type HostileClass, refused } from "./program.ts";

/** The module tree and the skills: read, never written, and nothing else is imported. */
export const modules: HostileClass = {
  "a server's module written": refused(
    `await fs.promises.writeFile("./servers/zoo/echo.ts", "export default () => 'LANDED'")`,
  ),
  "a server of its own": refused(
    `await fs.promises.mkdir("./servers/evil"); await fs.promises.writeFile("./servers/evil/index.ts", "x")`,
  ),
  "a skill written": refused(`await fs.promises.writeFile("./skills/evil.ts", "export default () => 'LANDED'")`),
  "a skill by a rename": refused(
    `await fs.promises.writeFile("./workspace/evil.ts", "x"); await fs.promises.rename("./workspace/evil.ts", "./skills/evil.ts")`,
  ),
  "a skill removed": refused(`await fs.promises.rm("./skills/kept.ts")`),
  "an import of a file that it wrote": refused(
    `await fs.promises.writeFile("./workspace/own.ts", "export default 1"); await import("./workspace/own.ts")`,
  ),
  "an import of a file that it wrote, by its path": refused(`await import("/workspace/own.ts")`),
  "a static import of the workspace": ended(
    `import own from "./workspace/own.ts";\nreturn "LANDED"`,
    "import_not_found",
  ),
  "a skill outside of its folder": ended(
    `import own from "./skills/../workspace/own.ts";\nreturn "LANDED"`,
    "import_not_found",
  ),
  "a skill by an absolute path": ended(
    `import own from "/skills/../../secret.ts";\nreturn "LANDED"`,
    "import_not_found",
  ),
  "a skill at run time": refused(`await import("./skills/" + "kept")`),
  "a skill's name with odd parts": refused(
    `for (const name of ["../secret", "%2e%2e/secret", "kept.ts\\u0000", "kept.ts/../../x", "KEPT"]) await import("./skills/" + name)`,
  ),
  "a name that ends in ts of another kind": held(
    `for (const path of ["./servers/zoo/README.md", "./servers/README.md"]) { try { await import(path); return "LANDED"; } catch {} }`,
  ),
  "what modules say of the host": held(
    `const all = []; for (const name of await fs.promises.readdir("./servers", { recursive: true })) if (/\\./.test(name)) all.push(await fs.promises.readFile("./servers/" + name, "utf8")); if (/node_modules|process\\.execPath|\\.mjs/.test(all.join(""))) return "LANDED";`,
  ),
  "a module's exports changed": any(
    `import * as zoo from "./servers/zoo";\ntry { zoo.echo = () => "LANDED"; } catch {} const other = await import("./servers/zoo"); return (await other.echo({})) === "LANDED" ? "LANDED" : "held";`,
  ),
  "modules of the sandbox changed": any(
    `try { fs.promises.readFile = () => "LANDED"; path.join = () => "LANDED"; } catch {} return "held";`,
  ),
};
