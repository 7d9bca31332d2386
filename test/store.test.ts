import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SluiceError } from "../src/base/errors.ts";
import { limits } from "../src/base/limits.ts";
import { migrations } from "../src/store/migrations.ts";
import { createStore, type SqlValue } from "../src/store/store.ts";
import { writePlainModules } from "./plain-modules.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function thrownBy(act: () => unknown): SluiceError {
  try {
    act();
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("Expected an error");
}

const insert = "INSERT INTO server (key, config_hash, fetched_at) VALUES (?, ?, ?)";

describe("one process", () => {
  test("rows survive closing and opening again", () => {
    const directory = join(folder, "state");
    {
      using store = createStore(directory);
      store.run(insert, ["crm", "h", 1_700_000_000_000]);
      store.run("INSERT INTO tool VALUES (?, ?, ?, ?, ?, ?)", ["crm", "h", 0, "créer 😀", "{}", "x"]);
    }
    using store = createStore(directory);
    expect(store.all("SELECT key, fetched_at, instructions, problems FROM server")).toEqual([
      { key: "crm", fetched_at: 1_700_000_000_000, instructions: null, problems: "[]" },
    ]);
    expect(store.get("SELECT name FROM tool WHERE server_key = ?", ["crm"])).toEqual({ name: "créer 😀" });
    expect(store.get("SELECT name FROM tool WHERE server_key = ?", ["other"])).toBeUndefined();
    expect(store.run("DELETE FROM tool")).toEqual({ changes: 1 });
  });

  test.skipIf(process.platform === "win32")("the folder and the file are the user's alone", () => {
    const directory = join(folder, "deep", "state");
    using store = createStore(directory);
    store.run(insert, ["a", "h", null]);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const suffix of ["", "-wal", "-shm"]) expect(statSync(store.file + suffix).mode & 0o777).toBe(0o600);
  });

  test("a transaction is all or nothing, and one inside another joins it", () => {
    using store = createStore(folder);
    const count = (): number | undefined => store.get<{ n: number }>("SELECT count(*) AS n FROM server")?.n;
    expect(() =>
      store.transaction(() => {
        store.run(insert, ["a", "h", null]);
        store.transaction(() => store.run(insert, ["b", "h", null]));
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(count()).toBe(0);
    expect(
      store.transaction(() => {
        store.run(insert, ["a", "h", null]);
        store.transaction(() => store.run(insert, ["b", "h", null]));
        return "done";
      }),
    ).toBe("done");
    expect(count()).toBe(2);
    expect(thrownBy(() => store.transaction(async () => store.run(insert, ["c", "h", null]))).code).toBe("internal");
    expect(count()).toBe(2);
  });

  test("a value that SQLite cannot hold is an error, not the end of the process", () => {
    using store = createStore(folder);
    for (const wrong of [true, undefined, Number.NaN, 1n, {}]) {
      const error = thrownBy(() => store.run(insert, ["a", "h", wrong as SqlValue]));
      expect(error.message).toContain("parameter 3");
    }
  });

  test("a closed store says so", () => {
    const store = createStore(folder);
    store.close();
    store.close();
    expect(thrownBy(() => store.all("SELECT 1")).message).toContain("it is closed");
  });
});

describe("the log of what was written", () => {
  const page = "x".repeat(4_096);
  const sizeOf = (file: string): number => statSync(file).size;

  test("is moved into the file by another thread, and begins anew after a pause", { timeout: 60_000 }, async () => {
    using store = createStore(folder);
    const write = (burst: number): void => {
      for (let row = 0; row < limits.storeLogPages; row += 1) store.run(insert, [`${burst} ${row}`, page, null]);
    };
    write(0);
    const first = sizeOf(`${store.file}-wal`);
    for (let burst = 1; burst <= 12; burst += 1) {
      const moved = burst * limits.storeLogPages * 4_096;
      await vi.waitFor(() => expect(sizeOf(store.file)).toBeGreaterThan(moved), { timeout: 10_000 });
      write(burst);
    }
    expect(sizeOf(`${store.file}-wal`)).toBeLessThan(4 * first);
    expect(store.get("SELECT count(*) AS n FROM server")).toEqual({ n: 13 * limits.storeLogPages });
  });

  test("has a bound where writing has no pause", { timeout: 60_000 }, async () => {
    using store = createStore(folder);
    const rows = 2 * limits.storeLogPagesMax;
    let largest = 0;
    for (let row = 0; row < rows; row += 1) {
      store.run(insert, [`${row}`, page, null]);
      largest = Math.max(largest, sizeOf(`${store.file}-wal`));
      if (row % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    // A row here takes five pages; without a bound the log has them all.
    expect(largest).toBeLessThan((5 * rows * 4_096) / 3);
    expect(store.get("SELECT count(*) AS n FROM server")).toEqual({ n: rows });
  });

  test("is no business of a file that was made anew at its place", { timeout: 60_000 }, async () => {
    const directory = join(folder, "state");
    for (const rows of [limits.storeLogPages, 2 * limits.storeLogPages]) {
      using store = createStore(directory);
      for (let row = 0; row < rows; row += 1) store.run(insert, [`${row}`, page, null]);
      await vi.waitFor(() => expect(sizeOf(store.file)).toBeGreaterThan(1_000_000), { timeout: 10_000 });
      expect(store.get("SELECT count(*) AS n FROM server")).toEqual({ n: rows });
      store.close();
      rmSync(directory, { recursive: true });
    }
  });
});

describe("several processes", () => {
  function run(program: string): Promise<string> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let said = "";
      child.stderr.on("data", (chunk) => (said += chunk));
      child.on("close", (code) => resolve(code === 0 ? "" : `${code} ${said}`));
    });
  }

  test("start at once on a new folder and lose no write", { timeout: 60_000 }, async () => {
    const directory = join(folder, "state");
    writePlainModules(folder, [
      ...["base/errors", "base/idle-thread", "base/limits", "base/make-folder"],
      ...["store/checkpoints", "store/migrations", "store/store"],
    ]);
    const url = pathToFileURL(join(folder, "store/store.js")).href;
    const writer = (name: string): string => `
      import { createStore } from ${JSON.stringify(url)};
      const store = createStore(${JSON.stringify(directory)});
      for (let i = 0; i < 100; i++) {
        store.transaction(() => {
          const { n } = store.get("SELECT coalesce(max(fetched_at), 0) AS n FROM server");
          store.run(${JSON.stringify(insert)}, [${JSON.stringify(name)} + i, "h", n + 1]);
        });
      }
      store.close();`;
    const said = await Promise.all(["a", "b", "c", "d"].map((name) => run(writer(name))));
    expect(said).toEqual(["", "", "", ""]);
    using store = createStore(directory);
    const rows = store.all<{ fetched_at: number }>("SELECT fetched_at FROM server ORDER BY fetched_at");
    // Each transaction read the largest number and wrote the next: a lost or torn one would leave a gap or a double.
    expect(rows.map((row) => row.fetched_at)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
  });

  test("a lock that another connection keeps is waited for, then named", { timeout: 30_000 }, () => {
    using one = createStore(folder);
    using two = createStore(folder);
    one.transaction(() => {
      const error = thrownBy(() => two.run(insert, ["a", "h", null]));
      expect(error.code).toBe("store_unavailable");
      expect(error.message).toContain(`another process or thread has held it for ${limits.storeWaitMs} ms`);
    });
    expect(two.run(insert, ["a", "h", null])).toEqual({ changes: 1 });
  });
});

describe("a file or folder that cannot be used", () => {
  test("not a SQLite file", () => {
    writeFileSync(join(folder, "store.sqlite"), "these are no tables. ".repeat(500));
    const error = thrownBy(() => createStore(folder));
    expect(error.code).toBe("store_unavailable");
    expect(error.message).toContain(join(folder, "store.sqlite"));
    expect(error.message).toContain("move it");
    expect(readFileSync(join(folder, "store.sqlite"), "utf8")).toMatch(/^these are no tables/);
  });

  test("a damaged SQLite file", () => {
    {
      using store = createStore(folder);
      store.transaction(() => {
        for (let i = 0; i < 500; i++) store.run(insert, [`server ${i}`, "h".repeat(200), i]);
      });
      store.all("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    const file = join(folder, "store.sqlite");
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 4096);
    writeFileSync(file, bytes);
    const error = thrownBy(() => {
      using store = createStore(folder);
      store.all("SELECT * FROM server");
      store.run(insert, ["a", "h", null]);
    });
    expect(error.code).toBe("store_unavailable");
    expect(error.message).toContain("move it");
  });

  test("a store of a newer version", () => {
    {
      using store = createStore(folder);
      store.run(`PRAGMA user_version = ${migrations.length + 1}`);
    }
    const error = thrownBy(() => createStore(folder));
    expect(error.code).toBe("store_unavailable");
    expect(error.message).toContain("newer Sluice");
  });

  test("a state folder that is a file", () => {
    writeFileSync(join(folder, "state"), "");
    const error = thrownBy(() => createStore(join(folder, "state")));
    expect(error.code).toBe("store_unavailable");
    expect(error.message).toContain('another "stateDir"');
  });

  test.skipIf(process.platform === "win32")("a read-only folder", () => {
    const directory = join(folder, "state");
    mkdirSync(directory);
    chmodSync(folder, 0o755);
    chmodSync(directory, 0o555);
    // The superuser may write anywhere, so the test becomes somebody else for a moment.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      const error = thrownBy(() => createStore(directory));
      expect(error.code).toBe("store_unavailable");
      expect(error.message).toContain("writable");
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});
