// Secrets planted where a program must not come, and the hunt for them in what it gives back.
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createSocket } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

/** A random text that stands nowhere else. */
function createSecret(): string {
  return `sct${randomBytes(12).toString("hex")}`;
}

/** The spellings in which it may leave: as it is, backwards, in hexadecimal, base64 at every offset, codes, escapes. */
export function spellingsOf(secret: string): string[] {
  const codes = [...secret].map((letter) => letter.charCodeAt(0));
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.from("\0".repeat(shift) + secret).toString("base64");
    // The characters at both ends depend on what stands beside.
    return text.slice(shift === 0 ? 0 : 4, -4);
  });
  return [
    secret,
    secret.toUpperCase(),
    [...secret].reverse().join(""),
    [...secret].join(","),
    [...secret].join('","'),
    Buffer.from(secret).toString("hex"),
    Buffer.from(secret).toString("base64url").slice(0, -4),
    ...base64,
    codes.join(","),
    codes.join(" "),
    codes.map((code) => `%${code.toString(16)}`).join(""),
    codes.map((code) => `\\u00${code.toString(16)}`).join(""),
  ];
}

/** Secrets in files, in the environment, behind a port and behind a socket; everything that was asked for is counted. */
export interface Planted extends AsyncDisposable {
  /** Every secret, by where it is. */
  secrets: ReadonlyMap<string, string>;
  port: number;
  /** Plants one beside the workspace of a state directory, and a skill. */
  plantBeside(stateDir: string): Promise<void>;
  /** A program with its names in percent signs filled in. */
  fill(code: string): string;
  /** Requests and connections that came. */
  visits(): number;
  /** A hash over every file and name of the planted folder. */
  fingerprint(): Promise<string>;
}

/** Plants them all but the ones beside the workspace, which has to be there first. */
export async function plantSecrets(): Promise<Planted> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-secrets-"));
  const secrets = new Map<string, string>();
  let stateDir = "";
  const plant = (where: string): string => {
    const secret = createSecret();
    secrets.set(where, secret);
    return secret;
  };
  await writeFile(join(folder, "secret.txt"), plant("a file in the temporary folder"));
  await mkdir(join(folder, "below"));
  await writeFile(join(folder, "below", "secret.ts"), `export default "${plant("a module")}"`);
  plant("the config's variables");
  process.env["SLUICE_HOSTILE_SECRET"] = plant("the host's environment");
  let visits = 0;
  const http = createServer((_, response) => {
    visits += 1;
    response.end(secrets.get("a server on loopback"));
  });
  plant("a server on loopback");
  http.on("connection", () => (visits += 1));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const socket = createSocket((connection) => {
    visits += 1;
    connection.end(secrets.get("a Unix socket"));
  });
  plant("a Unix socket");
  const socketPath = join(folder, "s");
  await new Promise<void>((resolve) => socket.listen(socketPath, resolve));
  const { port } = http.address() as AddressInfo;
  return {
    secrets,
    port,
    async plantBeside(state) {
      stateDir = state;
      await writeFile(join(stateDir, "secret.txt"), plant("a file beside the workspace"));
      await mkdir(join(stateDir, "skills"));
      await writeFile(join(stateDir, "skills", "kept.ts"), "export default () => 'kept';\n");
    },
    fill(code) {
      const names: Record<string, string> = {
        FILE: join(folder, "secret.txt"),
        DROP: join(folder, "dropped"),
        STATE: stateDir,
        PORT: String(port),
        HOST: hostname().toLowerCase(),
        SOCKET: socketPath,
      };
      return code.replace(/%([A-Z]+)%/g, (whole, name: string) => names[name] ?? whole);
    },
    visits: () => visits,
    async fingerprint() {
      const hash = createHash("sha256");
      for (const name of (await readdir(folder, { recursive: true })).sort()) {
        hash.update(`${name}\0`);
        hash.update(await readFile(join(folder, name)).catch(() => ""));
      }
      for (const name of ["secret.txt", "skills/kept.ts"]) hash.update(await readFile(join(stateDir, name)));
      hash.update((await readdir(join(stateDir, "skills"))).join());
      return hash.digest("hex");
    },
    async [Symbol.asyncDispose]() {
      delete process.env["SLUICE_HOSTILE_SECRET"];
      http.closeAllConnections();
      http.close();
      socket.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
