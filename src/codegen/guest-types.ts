// What a program may use without importing it, for the type check: as loose as can be where a mistake would show at run
// time anyway, so that the check speaks of tools and not of the web platform.

const anything = [
  ...[
    "AbortController",
    "AbortSignal",
    "Blob",
    "Buffer",
    "DOMException",
    "Event",
    "EventTarget",
    "FormData",
    "Headers",
  ],
  ...["Request", "Response", "TextDecoder", "TextEncoder", "URL", "URLSearchParams"],
];
const functions = [
  ...[
    "atob",
    "btoa",
    "clearInterval",
    "clearTimeout",
    "fetch",
    "queueMicrotask",
    "require",
    "setInterval",
    "setTimeout",
  ],
  "structuredClone",
];

const files = `
type Encoding = string | { encoding: string };
type Found = { name: string; isFile(): boolean; isDirectory(): boolean };
type Facts = { size: number; isFile(): boolean; isDirectory(): boolean; [key: string]: any };
`;
const promises = `
export function readFile(path: any, encoding: Encoding): Promise<string>;
export function readFile(path: any): Promise<any>;
export function writeFile(path: any, data: any, options?: any): Promise<void>;
export function appendFile(path: any, data: any, options?: any): Promise<void>;
export function mkdir(path: any, options?: any): Promise<any>;
export function readdir(path: any, options: { withFileTypes: true; recursive?: boolean }): Promise<Found[]>;
export function readdir(path: any, options?: any): Promise<string[]>;
export function stat(path: any, options?: any): Promise<Facts>;
export function lstat(path: any, options?: any): Promise<Facts>;
export function rm(path: any, options?: any): Promise<void>;
export function unlink(path: any): Promise<void>;
export function rmdir(path: any, options?: any): Promise<void>;
export function rename(from: any, to: any): Promise<void>;
export function copyFile(from: any, to: any, mode?: any): Promise<void>;
export function cp(from: any, to: any, options?: any): Promise<void>;
export function access(path: any, mode?: any): Promise<void>;
export function realpath(path: any): Promise<string>;
`;

/** A tool that is named by a plain text is checked like its function. */
const callTool = `export function callTool<Output = Unsaid, Name extends string = string>(
  tool: Name,
  input?: Name extends keyof CalledTools ? CalledTools[Name]["input"] : object,
): Promise<[Output] extends [Unsaid] ? (Name extends keyof CalledTools ? CalledTools[Name]["output"] : any) : Output>;`;

/** Files of the type check that are the same for every program: path → text. */
export const guestTypes: ReadonlyMap<string, string> = new Map([
  [
    "/guest/globals.d.ts",
    `${anything.map((name) => `declare const ${name}: any;\ndeclare type ${name} = any;\n`).join("")}${functions
      .map((name) => `declare function ${name}(...values: any[]): any;\n`)
      .join("")}
declare const console: { [method: string]: (...values: any[]) => void };
declare const crypto: any;
declare const performance: { now(): number; readonly timeOrigin: number };
declare const module: any;
declare const fs: typeof import("/guest/fs");
declare const path: typeof import("/guest/path");
declare const sluice: typeof import("/guest/sluice");
/** The tools that the program calls by these texts. */
interface CalledTools {}
interface Unsaid { unsaid: never }
declare const callTool: typeof import("/guest/sluice").callTool;
declare class ToolError extends Error { tool?: string; code: string; hint?: string }
interface ImportMeta { url: string; filename: string; dirname: string; main: boolean }
`,
  ],
  ["/guest/fs-promises.d.ts", `${files}${promises}declare const all: any;\nexport default all;\n`],
  [
    "/guest/fs.d.ts",
    `${files}export * as promises from "/guest/fs-promises";
export function existsSync(path: any): boolean;
export function readFileSync(path: any, encoding: Encoding): string;
export function readFileSync(path: any): any;
export function readdirSync(path: any, options: { withFileTypes: true; recursive?: boolean }): Found[];
export function readdirSync(path: any, options?: any): string[];
export function statSync(path: any, options?: any): Facts;
export function writeFileSync(path: any, data: any, options?: any): void;
export function mkdirSync(path: any, options?: any): any;
declare const all: any;
export default all;
export const { readFile, writeFile, appendFile, mkdir, readdir, stat, lstat, rm, unlink, rename, copyFile, access, appendFileSync, rmSync, unlinkSync, constants }: any;
`,
  ],
  [
    "/guest/path.d.ts",
    `export const { join, resolve, dirname, basename, extname, relative, normalize, isAbsolute, parse, format, sep, delimiter, posix }: any;\ndeclare const all: any;\nexport default all;\n`,
  ],
  ["/guest/buffer.d.ts", "export const Buffer: any;\nexport type Buffer = any;\n"],
  [
    "/guest/sluice.d.ts",
    `${callTool}
export function searchTools(query: string, options?: { detail?: "name" | "summary" | "full"; limit?: number; server?: string }): Promise<any>;
export const pii: {
  domain(token: string): Promise<string | null>;
  country(token: string): Promise<string | null>;
  last4(token: string): Promise<string | null>;
  ageBand(token: string): Promise<string | null>;
  same(a: string, b: string): Promise<boolean>;
  sortKey(token: string): Promise<string>;
  matches(token: string, test: { endsWith: string } | { in: string[] }): Promise<boolean>;
};
export function describeTool(tool: string): Promise<any>;
export function saveSkill(skill: { name: string; description: string; code: string; example?: string; tests?: string; license?: string; compatibility?: string }): Promise<{ name: string; version: number; trust: string; signature: string; import: string; tools: string[] }>;
export function progress(done: number, total?: number, note?: string): void;
`,
  ],
  ["/guest/client.d.ts", `${callTool}\nexport { callTool as callMCPTool };\n`],
]);
