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
