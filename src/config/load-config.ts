import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { SluiceError, toMessage } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Config } from "./config.ts";
import { parseJsonc } from "./jsonc.ts";
import { parseConfig } from "./parse-config.ts";
import { Problems } from "./problems.ts";
import type { Environment } from "./variables.ts";

/** Where to look for the config. */
export interface LoadConfigOptions {
  /** What `--config` names; relative to `cwd`. */
  path?: string;
  /** Absolute. */
  cwd: string;
  env: Environment;
}

const fileName = "sluice.config.json";

/**
 * Finds and reads the config: `path`, else `SLUICE_CONFIG`, else `sluice.config.json` in `cwd` and the folders above,
 * else `~/.config/sluice/config.json`. Throws `config_not_found`, `config_invalid` or `config_not_enforced`.
 */
export function loadConfig(options: LoadConfigOptions): Config {
  const file = findConfig(options);
  const problems = new Problems(file);
  const { value, lineOf } = parseJsonc(readConfig(file), problems);
  problems.throwIfAny();
  return parseConfig(value, { file, directory: dirname(file), env: options.env, lineOf });
}

function findConfig({ path, cwd, env }: LoadConfigOptions): string {
  if (path !== undefined) return assertFile(resolve(cwd, path), "--config");
  if (env.SLUICE_CONFIG) return assertFile(resolve(cwd, env.SLUICE_CONFIG), "SLUICE_CONFIG");
  const home = env.HOME || env.USERPROFILE || homedir();
  const ofUser = join(home, ".config", "sluice", "config.json");
  for (const file of [...upward(resolve(cwd)), ofUser]) if (isFile(file)) return file;
  throw new SluiceError(
    "config_not_found",
    `Cannot find a config: there is no ${fileName} in ${cwd} or a folder above it, and no ${ofUser}. ` +
      `Write ${fileName} with the "mcpServers" of your MCP client, or name a file by --config or SLUICE_CONFIG`,
  );
}

function* upward(folder: string): Generator<string> {
  for (;;) {
    yield join(folder, fileName);
    const parent = dirname(folder);
    if (parent === folder) return;
    folder = parent;
  }
}

/** A folder that may not be looked into holds no config for this user. */
function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function assertFile(file: string, named: string): string {
  if (isFile(file)) return file;
  throw new SluiceError(
    "config_not_found",
    `Cannot find the config ${file}, which ${named} names: there is no such file (or it may not be read)`,
  );
}

function readConfig(file: string): string {
  let bytes: Buffer;
  try {
    const { size } = statSync(file);
    if (size > limits.configBytesMax) {
      throw new SluiceError(
        "config_invalid",
        `Cannot use ${file}: it has ${size} bytes, at most ${limits.configBytesMax} (configBytesMax)`,
      );
    }
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError("config_not_found", `Cannot read ${file}: ${toMessage(error)}`, { cause: error });
  }
  // Windows PowerShell's `>` writes UTF-16; as UTF-8 that would be an error about a character nobody sees.
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new SluiceError("config_invalid", `Cannot use ${file}: it is UTF-16; save it as UTF-8`);
  }
  return bytes.toString("utf8");
}
