// A Sluice over real servers, with a state directory of its own that goes with it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import { createSluice } from "../src/runtime/create-sluice.ts";
import type { ExecutionResult } from "../src/runtime/outcome.ts";
import type { ExecuteOptions, Sluice } from "../src/runtime/sluice.ts";

/** A Sluice and the folders it works in. */
export interface House extends AsyncDisposable {
  sluice: Sluice;
  stateDir: string;
  /** The folder that programs see as `./workspace`. */
  workspace: string;
  /** The folder that programs see as `./skills`. */
  skills: string;
  run(code: string, options?: ExecuteOptions): Promise<ExecutionResult>;
}

const zoo = fileURLToPath(new URL("./servers/zoo.mjs", import.meta.url));

/** An entry of `mcpServers` for the zoo; its calls are appended to the file, if one is given. */
export function zooServer(journal?: string): JsonObject {
  return { command: process.execPath, args: journal === undefined ? [zoo] : [zoo, journal] };
}

/** An entry of `mcpServers` for a server from npm: `server-everything` is "everything". */
export function npmServer(name: string): JsonObject {
  const path = `../node_modules/@modelcontextprotocol/server-${name}/dist/index.js`;
  return { command: process.execPath, args: [fileURLToPath(new URL(path, import.meta.url))] };
}

/** The engine that the environment asks the tests to run on. */
export function engineOfTests(): JsonObject {
  const engine = process.env["SLUICE_TEST_ENGINE"];
  return engine === undefined ? {} : { engine, trusted: engine === "worker" };
}

/** Opens a Sluice whose config is the given one, over the zoo unless it names servers, in a fresh state directory. */
export async function openHouse(config: JsonObject = {}): Promise<House> {
  const stateDir = await mkdtemp(join(tmpdir(), "sluice-house-"));
  const skills = join(stateDir, "skills");
  // The same tests hold behind every wall.
  const wall = process.env["SLUICE_TEST_WALL"];
  const sandbox = {
    ...(wall === undefined ? {} : { wall }),
    ...engineOfTests(),
    ...(config["sandbox"] as JsonObject | undefined),
  };
  const sluice = await createSluice({
    mcpServers: { zoo: zooServer() },
    ...config,
    sandbox,
    stateDir,
    skills: { ...(config["skills"] as JsonObject | undefined), dir: skills },
  });
  return {
    sluice,
    stateDir,
    workspace: join(stateDir, "workspaces", "default"),
    skills,
    run: (code, options) => sluice.executeCode(code, options),
    async [Symbol.asyncDispose]() {
      await sluice[Symbol.asyncDispose]();
      await rm(stateDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** What a program is expected to do: it completes without a warning, unless something else is said. */
export interface Expected {
  status?: ExecutionResult["status"];
  result?: unknown;
  /** Each piece of output: its text; `!` before what goes to stderr. */
  logs?: string[];
  error?: unknown;
  warnings?: unknown[];
  calls?: Partial<ExecutionResult["calls"]>;
}

/** Checks an outcome against what was expected of its program. */
export function checkOutcome(outcome: ExecutionResult, expected: Expected): void {
  const { status, result, logs, error, calls } = outcome;
  // What the type check says of programs that are wrong on purpose, and what other programs were like, is not what these are about.
  const told = outcome.warnings?.filter(({ code }) => code !== "type_problem" && code !== "promote_suggested");
  const warnings = told?.length === 0 ? undefined : told;
  const shown = {
    status,
    ...("result" in expected || (status === "completed" && result !== undefined && !("logs" in expected))
      ? { result }
      : {}),
    ...("logs" in expected ? { logs: logs.map(({ stream, text }) => (stream === "stderr" ? `!${text}` : text)) } : {}),
    ...(error === undefined ? {} : { error }),
    ...(warnings === undefined ? {} : { warnings }),
    ...("calls" in expected ? { calls } : {}),
  };
  const { calls: expectedCalls, error: expectedError, warnings: expectedWarnings, ...rest } = expected;
  expect(shown).toEqual({
    status: expectedError === undefined ? "completed" : "failed",
    ...rest,
    ...(expectedError === undefined ? {} : { error: expect.objectContaining(expectedError as object) as unknown }),
    ...(expectedWarnings === undefined
      ? {}
      : { warnings: expectedWarnings.map((warning) => expect.objectContaining(warning as object) as unknown) }),
    ...(expectedCalls === undefined ? {} : { calls: expect.objectContaining(expectedCalls) as unknown }),
  });
}
