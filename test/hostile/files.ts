import { any, each, ended, held, type HostileClass, refused } from "./program.ts";

const PATHS = [
  "%FILE%",
  "file://%FILE%",
  "../secret.txt",
  "./workspace/../../secret.txt",
  "./workspace/../../../secret.txt",
  "workspace/../../../../../../../../etc/passwd",
  "./workspace/./../..//secret.txt",
  "./workspace/..\\\\..\\\\secret.txt",
  "./workspace/%2e%2e/%2e%2e/secret.txt",
  "./workspace/\\uFF0E\\uFF0E/secret.txt",
  "./workspace/\\u2024\\u2024/secret.txt",
  "./workspace\\u0000/../../secret.txt",
  "./workspace/x\\u0000/../../../secret.txt",
  "./servers/../../secret.txt",
  "./servers/zoo/../../../secret.txt",
  "./skills/../secret.txt",
  "./skills/../../secret.txt",
  "./Workspace/../secret.txt",
  "./workspace/.../secret.txt",
  "./workspace/.. /secret.txt",
  "./workspace/../workspace/../secret.txt",
  "/etc/passwd",
  "//etc/passwd",
  "/proc/self/environ",
  "/proc/self/cmdline",
  "/proc/self/maps",
  "/proc/self/root%FILE%",
  "/proc/self/cwd/package.json",
  "/proc/1/environ",
  "/proc/self/fd/3",
  "/dev/fd/3",
  "/dev/stdin",
  "/sys/kernel/notes",
  "%STATE%/secret.txt",
  "%STATE%/sluice.db",
  "%STATE%/workspaces/default/../../secret.txt",
  "%SOCKET%",
  "~/.ssh/id_rsa",
  "$HOME/.bashrc",
  "C:\\\\Windows\\\\win.ini",
  "\\\\\\\\server\\\\share",
  "./workspace/" + "a/".repeat(40) + "x",
  "./workspace/" + "a".repeat(300),
  "workspace",
  "./package.json",
  "./sluice.config.json",
  "./node_modules/sluice/package.json",
];

/** Out of the three roots, or over their limits. */
export const files: HostileClass = {
  ...each(PATHS, (path) => ({
    code: `const found = []; for (const act of [() => fs.promises.readFile("${path}", "utf8"), () => fs.readFileSync("${path}", "utf8"), () => fs.promises.readFile(Buffer.from("${path}"), "utf8")]) { try { found.push(await act()); } catch {} } if (found.length > 0) return "LANDED " + found[0].slice(0, 500); return "held";`,
    ends: "held",
  })),
  "every act on a path outside": held(
    `for (const path of ["%FILE%", "%DROP%", "../dropped", "./workspace/../../dropped", "./skills/dropped.ts", "./servers/dropped.ts"]) for (const act of [(p) => fs.promises.writeFile(p, "x"), (p) => fs.promises.appendFile(p, "x"), (p) => fs.promises.mkdir(p, { recursive: true }), (p) => fs.promises.rm(p, { recursive: true }), (p) => fs.promises.unlink(p), (p) => fs.promises.rmdir(p), (p) => fs.promises.rename(p, "./workspace/stolen"), (p) => fs.promises.copyFile(p, "./workspace/stolen"), (p) => fs.writeFileSync(p, "x"), (p) => fs.promises.writeFile("./workspace/own", "x").then(() => fs.promises.rename("./workspace/own", p)), (p) => fs.promises.copyFile("./workspace/own", p)]) { let done = false; try { await act(path); done = true; } catch {} if (done) return "LANDED " + path + act; }`,
  ),
  "lists of what is above": held(
    `for (const path of ["..", "/", "./workspace/..", "/proc/self/fd", "%STATE%", "./workspace/../.."]) { let names = []; try { names = await fs.promises.readdir(path); } catch {} if (names.some((name) => !["servers", "skills", "workspace"].includes(name))) return "LANDED " + names; }`,
  ),
  "links of every kind": held(
    `for (const name of ["symlink", "link", "symlinkSync", "linkSync", "mkfifo", "mknod", "chmod", "chown", "watch", "open", "openSync", "createReadStream", "createWriteStream", "realpath", "readlink", "truncate", "utimes", "cp", "mkdtemp", "opendir", "glob", "access2"]) { let f; try { f = fs[name] ?? fs.promises[name]; } catch {} if (typeof f === "function") { try { await f("%FILE%", "./workspace/link", () => 0); return "LANDED " + name; } catch {} } }`,
  ),
  "a path that changes while it is read": held(
    `let n = 0; const path = { toString: () => (n++ === 0 ? "./workspace/a" : "%FILE%") }; for (const p of [path, [ "%FILE%" ], new String("%FILE%"), new URL("file://%FILE%"), new Uint8Array(Buffer.from("%FILE%"))]) { let text; try { text = await fs.promises.readFile(p, "utf8"); } catch {} if (text !== undefined) return "LANDED"; }`,
  ),
  "a URL with escapes": held(
    `for (const url of ["file:///workspace/%252e%252e/%252e%252e/secret.txt", "file:///workspace/%2e%2e/secret.txt", "file://host/etc/passwd", "file:///workspace/..%2f..%2fsecret.txt", "file:///workspace%00/x"]) { let text; try { text = await fs.promises.readFile(new URL(url), "utf8"); } catch {} if (text !== undefined) return "LANDED"; }`,
  ),
  "a race of a folder and a name": any(
    `await fs.promises.mkdir("./workspace/race", { recursive: true }); const acts = []; for (let n = 0; n < 200; n += 1) acts.push(fs.promises.rename("./workspace/race", "./workspace/race2").catch(() => 0), fs.promises.writeFile("./workspace/race/x", "x").catch(() => 0), fs.promises.rename("./workspace/race2", "./workspace/race").catch(() => 0), fs.promises.readFile("./workspace/race/../../secret.txt").then(() => { throw new Error("LANDED"); }, () => 0), fs.promises.rm("./workspace/race", { recursive: true }).catch(() => 0)); await Promise.all(acts); return "held";`,
  ),
  "very many files": held(
    `let done = 0; await Promise.all(Array.from({ length: 150 }, (_, n) => fs.promises.writeFile("./workspace/many-" + n, "x").then(() => { done += 1; }, (error) => { if (error.code !== "EDQUOT") throw error; }))); if (done >= 150) return "LANDED " + done; for (const name of await fs.promises.readdir("./workspace")) if (name.startsWith("many-")) await fs.promises.rm("./workspace/" + name);`,
  ),
  "more bytes than there is room": held(
    `let error; try { for (let n = 0; n < 30; n += 1) await fs.promises.writeFile("./workspace/fill-" + n, "x".repeat(200_000)); } catch (e) { error = e; } for (const name of await fs.promises.readdir("./workspace")) if (name.startsWith("fill-")) await fs.promises.rm("./workspace/" + name); if (error?.code !== "EDQUOT") return "LANDED " + error;`,
  ),
  "one file over its limit, by appending": held(
    `let error; try { for (let n = 0; n < 100; n += 1) await fs.promises.appendFile("./workspace/long", "x".repeat(100_000)); } catch (e) { error = e; } await fs.promises.rm("./workspace/long", { force: true }); if (!["EFBIG", "EDQUOT"].includes(error?.code)) return "LANDED " + error;`,
  ),
  "folders deeper than a path can be, by moving": held(
    `const deep = (root) => [root, ...Array(28).fill("d")].join("/"); await fs.promises.mkdir("./workspace/" + deep("a"), { recursive: true }); await fs.promises.mkdir("./workspace/" + deep("b"), { recursive: true }); let moved = false; try { await fs.promises.rename("./workspace/a", "./workspace/" + deep("b") + "/a"); moved = true; } catch {} await fs.promises.rm("./workspace/a", { recursive: true, force: true }); await fs.promises.rm("./workspace/b", { recursive: true, force: true }); if (moved) return "LANDED";`,
  ),
  "a folder into itself": refused(
    `await fs.promises.mkdir("./workspace/self/in", { recursive: true }); await fs.promises.rename("./workspace/self", "./workspace/self/in/self")`,
  ),
  "the workspace itself": held(
    `for (const act of [() => fs.promises.rm("./workspace", { recursive: true, force: true }), () => fs.promises.rename("./workspace", "./workspace/x"), () => fs.promises.rename("./workspace/x", "./workspace"), () => fs.promises.writeFile("./workspace", "x"), () => fs.promises.rm("./", { recursive: true }), () => fs.promises.rm("/", { recursive: true }), () => fs.promises.rm("./servers", { recursive: true })]) { let done = false; try { await act(); done = true; } catch {} if (done) return "LANDED " + act; }`,
  ),
  "a file in the place of .spill": held(
    `await fs.promises.rm("./workspace/.spill", { recursive: true, force: true }); await fs.promises.writeFile("./workspace/.spill", "x"); console.log("y".repeat(20_000));`,
  ),
  ".spill again": held(`await fs.promises.rm("./workspace/.spill", { recursive: true, force: true });`),
  "a file in the place of .media": held(
    `await fs.promises.rm("./workspace/.media", { recursive: true, force: true }); await fs.promises.writeFile("./workspace/.media", "x"); await callTool("zoo.picture", {}).catch(() => 0); await fs.promises.rm("./workspace/.media", { recursive: true, force: true });`,
  ),
  "names of files being written": refused(
    `await fs.promises.writeFile("./workspace/.0011223344556677.sluice-tmp", "x")`,
  ),
  "names with control characters": held(
    `for (const name of ["\\u001b[2J", "a\\nb", "\\u202etxt.exe", "-rf", "*", ";id", "$(id)", "con", "nul.txt", "a.", " a ", "\\ud800"]) { await fs.promises.writeFile("./workspace/" + name, "x").catch(() => 0); await fs.promises.rm("./workspace/" + name, { force: true }).catch(() => 0); } console.log(await fs.promises.readdir("./workspace"));`,
  ),
  "one name in two normal forms": held(
    `await fs.promises.writeFile("./workspace/\\u00e9", "a"); const text = await fs.promises.readFile("./workspace/e\\u0301", "utf8"); await fs.promises.rm("./workspace/\\u00e9"); if (text !== "a") return "LANDED";`,
  ),
  "flags that open otherwise": held(
    `for (const flag of ["r+", "rs+", "as", "sx", "wx+", "O_CREAT", "__proto__"]) { let done = false; try { await fs.promises.writeFile("./workspace/flags", "x", { flag }); done = true; } catch {} if (done && flag !== "wx+") return "LANDED " + flag; }`,
  ),
  "large reads that nobody takes": ended(
    `for (let n = 0; n < 10; n += 1) await fs.promises.appendFile("./workspace/large", Buffer.alloc(90_000)); for (let n = 0; n < 250; n += 1) fs.promises.readFile("./workspace/large"); for (;;);`,
    "cpuMs",
    "timeoutMs",
    "memoryMb",
  ),
  "a recursive listing of everything": held(
    `await fs.promises.readdir("./", { recursive: true }); await fs.promises.readdir("./servers", { recursive: true, withFileTypes: true });`,
  ),
};
