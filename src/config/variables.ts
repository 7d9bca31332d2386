/** The environment that variables are read from. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A text with its variables replaced, or what stops that. */
export type Substituted = { kind: "text"; text: string } | { kind: "missing"; reason: string };

const reference = /\$\{(?:(?<scheme>env|input):)?(?<name>[A-Za-z_][\w-]*)(?::-(?<fallback>[^}]*))?\}/g;

/**
 * Replaces `${env:NAME}`, `${NAME}` and `${NAME:-default}` once: what a variable contains is not read again. Anything
 * else between `${` and `}` stays as it is.
 */
export function substitute(text: string, env: Environment): Substituted {
  let reason: string | undefined;
  const replaced = text.replace(reference, (...match) => {
    const { scheme, name, fallback } = match.at(-1) as { scheme?: string; name: string; fallback?: string };
    if (scheme === "input") {
      reason ??= `it asks for \${input:${name}}, which only an editor can ask for; write \${env:NAME} and set that variable`;
      return "";
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (fallback !== undefined) return value === undefined || value === "" ? fallback : value;
    if (value === undefined) reason ??= `the environment variable ${name} is not set`;
    return value ?? "";
  });
  return reason === undefined ? { kind: "text", text: replaced } : { kind: "missing", reason };
}

const safeNames =
  process.platform === "win32"
    ? ["APPDATA", "COMSPEC", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "NUMBER_OF_PROCESSORS", "OS", "PATH", "PATHEXT"].concat(
        ["PROCESSOR_ARCHITECTURE", "PROGRAMDATA", "PROGRAMFILES", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP"],
        ["USERNAME", "USERPROFILE", "WINDIR"],
      )
    : ["HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"];

/** What every upstream gets of our environment: enough to start a program, and nothing that may be a credential. */
export function toSafeEnvironment(env: Environment): Map<string, string> {
  const safe = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    const isSafe =
      process.platform === "win32" ? safeNames.includes(name.toUpperCase()) : safeNames.includes(name) || name.startsWith("LC_");
    // A value that begins with "()" is a shell function, not data.
    if (isSafe && value !== undefined && !value.startsWith("()")) safe.set(name, value);
  }
  return safe;
}
