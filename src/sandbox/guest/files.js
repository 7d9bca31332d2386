// `fs`, `fs/promises` and `path`: every act is a host call on the three roots; nothing here touches a file.

const SYNC_NAMES = [
  "readFile",
  "writeFile",
  "appendFile",
  "mkdir",
  "readdir",
  "stat",
  "lstat",
  "rm",
  "unlink",
  "rename",
  "copyFile",
  "access",
];

/** @param {any} encoding */
function toEncoding(encoding) {
  const name = typeof encoding === "object" && encoding !== null ? encoding.encoding : encoding;
  return name === null || name === undefined ? undefined : String(name);
}

/** @param {any} path */
function toPath(path) {
  if (typeof path === "string") return path;
  if (path instanceof URL && path.protocol === "file:") return decodeURIComponent(path.pathname);
  if (path instanceof Uint8Array) return new TextDecoder().decode(path);
  throw new TypeError(`A path is a string, not ${path === null ? "null" : typeof path}`);
}

/** @param {any} data @param {any} options */
function toContent(data, options) {
  if (typeof data === "string") {
    const encoding = toEncoding(options);
    if (encoding === undefined || /^utf-?8$/i.test(encoding)) return { text: data };
    return { base64: Buffer.from(data, /** @type {any} */ (encoding)).toString("base64") };
  }
  if (ArrayBuffer.isView(data))
    return { base64: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64") };
  if (data instanceof ArrayBuffer) return { base64: Buffer.from(data).toString("base64") };
  throw new TypeError(
    `A file's content is a string, a Buffer or a typed array, not ${data === null ? "null" : typeof data}: use JSON.stringify(data)`,
  );
}

/** @param {any} entry @param {string} parent */
function toDirent(entry, parent) {
  return {
    name: entry.name,
    parentPath: parent,
    path: parent,
    isFile: () => entry.kind === "file",
    isDirectory: () => entry.kind === "directory",
    isSymbolicLink: () => false,
    isBlockDevice: () => false,
    isCharacterDevice: () => false,
    isFIFO: () => false,
    isSocket: () => false,
  };
}

/** @param {any} stat */
function toStats(stat) {
  const date = new Date(stat.mtimeMs);
  return {
    ...toDirent(stat, ""),
    name: undefined,
    size: stat.size,
    mode: stat.kind === "directory" ? 0o40755 : 0o100644,
    mtimeMs: stat.mtimeMs,
    mtime: date,
    ctimeMs: stat.mtimeMs,
    ctime: date,
    atimeMs: stat.mtimeMs,
    atime: date,
    birthtimeMs: stat.mtimeMs,
    birthtime: date,
  };
}

/** What each act sends, and how its reply becomes what Node gives. */
const acts = {
  readFile: {
    args: (/** @type {any} */ path, /** @type {any} */ options) => ({
      path: toPath(path),
      text: /^utf-?8$/i.test(toEncoding(options) ?? ""),
    }),
    reply: (/** @type {any} */ value, /** @type {any} */ _path, /** @type {any} */ options) => {
      if (typeof value.text === "string") return value.text;
      const buffer = value.bytes === undefined ? Buffer.from(value.base64, "base64") : Buffer.from(value.bytes.buffer);
      const encoding = toEncoding(options);
      return encoding === undefined ? buffer : buffer.toString(/** @type {any} */ (encoding));
    },
  },
  writeFile: {
    args: (/** @type {any} */ path, /** @type {any} */ data, /** @type {any} */ options) => ({
      path: toPath(path),
      flag: options?.flag ?? "w",
      ...toContent(data, options),
    }),
  },
  appendFile: {
    args: (/** @type {any} */ path, /** @type {any} */ data, /** @type {any} */ options) => ({
      path: toPath(path),
      flag: "a",
      ...toContent(data, options),
    }),
  },
  mkdir: {
    args: (/** @type {any} */ path, /** @type {any} */ options) => ({
      path: toPath(path),
      recursive: options?.recursive === true,
    }),
  },
  readdir: {
    args: (/** @type {any} */ path, /** @type {any} */ options) => ({
      path: toPath(path),
      recursive: options?.recursive === true,
    }),
    reply: (/** @type {any[]} */ entries, /** @type {any} */ path, /** @type {any} */ options) => {
      if (options?.withFileTypes !== true) return entries.map((entry) => entry.name);
      return entries.map((entry) => {
        const cut = entry.name.lastIndexOf("/");
        const parent = String(path).replace(/\/+$/, "");
        return cut === -1
          ? toDirent(entry, parent)
          : toDirent({ ...entry, name: entry.name.slice(cut + 1) }, `${parent}/${entry.name.slice(0, cut)}`);
      });
    },
  },
  stat: { args: (/** @type {any} */ path) => ({ path: toPath(path) }), reply: toStats },
  lstat: { args: (/** @type {any} */ path) => ({ path: toPath(path) }), reply: toStats },
  rm: {
    args: (/** @type {any} */ path, /** @type {any} */ options) => ({
      path: toPath(path),
      recursive: options?.recursive === true,
      force: options?.force === true,
    }),
  },
  rmdir: {
    args: (/** @type {any} */ path, /** @type {any} */ options) => ({
      path: toPath(path),
      recursive: options?.recursive === true,
    }),
  },
  unlink: { args: (/** @type {any} */ path) => ({ path: toPath(path) }) },
  rename: { args: (/** @type {any} */ from, /** @type {any} */ to) => ({ path: toPath(from), to: toPath(to) }) },
  copyFile: { args: (/** @type {any} */ from, /** @type {any} */ to) => ({ path: toPath(from), to: toPath(to) }) },
  access: { args: (/** @type {any} */ path) => ({ path: toPath(path) }) },
};

/**
 * @param {import("./host-calls.js").HostCalls} host
 * @param {boolean} canBlock whether the engine can wait for a reply synchronously
 */
export function createFiles(host, canBlock) {
  /** @type {Record<string, any>} */
  const promises = { constants: { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 } };
  for (const [act, { args, reply }] of Object.entries(
    /** @type {Record<string, { args: Function, reply?: Function }>} */ (acts),
  )) {
    promises[act] = async (/** @type {any[]} */ ...given) => {
      const value = await host.call("file", { act, ...args(...given) }, new Error());
      return reply === undefined ? undefined : reply(value, ...given);
    };
  }

  /** @type {Record<string, any>} */
  const fs = { ...promises, promises };
  for (const act of Object.keys(acts)) {
    // With a callback at the end it is Node's older form.
    fs[act] = (/** @type {any[]} */ ...given) => {
      const callback = given.at(-1);
      if (typeof callback !== "function") return promises[act](...given);
      promises[act](...given.slice(0, -1)).then(
        (/** @type {unknown} */ value) => callback(null, value),
        (/** @type {unknown} */ error) => callback(error),
      );
    };
  }
  for (const name of SYNC_NAMES) {
    const { args, reply } = /** @type {any} */ (acts)[name];
    fs[`${name}Sync`] = (/** @type {any[]} */ ...given) => {
      if (!canBlock)
        throw new Error(`fs.${name}Sync is not available on this engine: use await fs.promises.${name}(…)`);
      const value = host.callSync("file", { act: name, ...args(...given) });
      return reply === undefined ? undefined : reply(value, ...given);
    };
  }
  fs.existsSync = (/** @type {any} */ path) => {
    if (!canBlock) throw new Error("fs.existsSync is not available on this engine: use await fs.promises.access(…)");
    try {
      host.callSync("file", { act: "access", path: toPath(path) });
      return true;
    } catch {
      return false;
    }
  };
  /** What is not offered says so, with what is. @param {Record<string, any>} module @param {string} name */
  const withClearErrors = (module, name) =>
    new Proxy(module, {
      get(target, key) {
        if (typeof key !== "string" || key in target || key === "then" || key === "toJSON" || key === "default")
          return Reflect.get(target, key);
        throw new TypeError(
          `${name}.${key} is not available in the sandbox; there are: ${Object.keys(target).join(", ")}`,
        );
      },
    });
  fs.promises = withClearErrors(promises, "fs.promises");
  return { fs: withClearErrors(fs, "fs"), promises: fs.promises };
}

/** The parts of `path` that programs use, on POSIX rules. */
export function createPath() {
  /** @param {string} path */
  function normalize(path) {
    const absolute = path.startsWith("/");
    /** @type {string[]} */
    const parts = [];
    for (const part of path.split("/")) {
      if (part === "" || part === ".") continue;
      if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
      else if (part !== ".." || !absolute) parts.push(part);
    }
    const body = parts.join("/");
    const tail = path.endsWith("/") && body !== "" ? "/" : "";
    return (absolute ? `/${body}` : body || ".") + tail;
  }
  /** @param {string[]} paths */
  const join = (...paths) => normalize(paths.filter((part) => part !== "").join("/") || ".");
  /** @param {string[]} paths */
  function resolve(...paths) {
    let joined = "";
    for (const path of paths.reverse()) {
      if (path === "") continue;
      joined = joined === "" ? path : `${path}/${joined}`;
      if (path.startsWith("/")) break;
    }
    const full = normalize(joined.startsWith("/") ? joined : `/${joined}`);
    return full.length > 1 ? full.replace(/\/$/, "") : full;
  }
  /** @param {string} path */
  const dirname = (path) => {
    const trimmed = path.replace(/\/+$/, "");
    const cut = trimmed.lastIndexOf("/");
    if (cut === -1) return path.startsWith("/") ? "/" : ".";
    return trimmed.slice(0, cut).replace(/\/+$/, "") || "/";
  };
  /** @param {string} path @param {string} [suffix] */
  const basename = (path, suffix) => {
    const base = path.replace(/\/+$/, "").split("/").at(-1) ?? "";
    return suffix !== undefined && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base;
  };
  /** @param {string} path */
  const extname = (path) => {
    const base = basename(path);
    const dot = base.lastIndexOf(".");
    return dot <= 0 ? "" : base.slice(dot);
  };
  /** @param {string} from @param {string} to */
  const relative = (from, to) => {
    const a = resolve(from).split("/").filter(Boolean);
    const b = resolve(to).split("/").filter(Boolean);
    let same = 0;
    while (same < a.length && same < b.length && a[same] === b[same]) same += 1;
    return [...a.slice(same).map(() => ".."), ...b.slice(same)].join("/");
  };
  /** @param {string} path */
  const parse = (path) => {
    const base = basename(path);
    const ext = extname(path);
    const root = path.startsWith("/") ? "/" : "";
    const dir = path.includes("/") ? dirname(path) : "";
    return { root, dir, base, ext, name: ext === "" ? base : base.slice(0, -ext.length) };
  };
  /** @param {any} parts */
  const format = (parts) => {
    const base = parts.base ?? `${parts.name ?? ""}${parts.ext ?? ""}`;
    const dir = parts.dir ?? parts.root ?? "";
    return dir === "" ? base : dir.endsWith("/") ? dir + base : `${dir}/${base}`;
  };
  /** @type {Record<string, any>} */
  const path = {
    sep: "/",
    delimiter: ":",
    normalize,
    join,
    resolve,
    dirname,
    basename,
    extname,
    relative,
    parse,
    format,
    isAbsolute: (/** @type {string} */ name) => name.startsWith("/"),
  };
  path.posix = path;
  return path;
}
//# sourceURL=sluice:guest/files.js
