import { SluiceError } from "../base/errors.ts";
import { isJsonObject, type Json } from "../base/json.ts";
import type { ToolDefinition } from "../base/tool-definition.ts";
import { createUpstreams, type ToolListing, type Upstreams, type UpstreamsOptions } from "../upstream/upstreams.ts";
import { cleanLine, worthALook } from "./clean-log.ts";
import { createSecretMask, toHostSecrets, toSecretForms } from "./host-secrets.ts";
import type { OpenPrivacy } from "./privacy.ts";

const lookedThrough = "it failed; what it said is being looked through for personal data";
const lastWords = "; its last words: ";

/**
 * Upstreams of whose words nothing passes that is secret here: the values that servers are given by `env` and `headers`
 * are masked, in whatever mode, in definitions, errors, reasons and lines of the log; personal data in reasons and in what
 * keeps a list of tools from being known. Errors of calls are sealed by the gateway.
 */
export function openUpstreams(
  options: UpstreamsOptions,
  { privacy }: { privacy: Pick<OpenPrivacy, "isOn" | "need"> },
): Upstreams {
  const mask = createSecretMask(toHostSecrets(options.servers, {}));
  // A server knows what it was given; there may be thousands of definitions.
  const formsOf = new Map(options.servers.map((server) => [server.key, toSecretForms(toHostSecrets([server], {}))]));
  /** Why a server failed, as it may be shown; absent while it is looked through. */
  const reasons = new Map<string, string>();
  /** What is still to be told of a server, in its order. */
  const telling = new Map<string, Promise<void>>();

  const needsLook = (text: string): boolean => privacy.isOn && worthALook.test(text);

  async function clean(given: string): Promise<string> {
    const text = mask(given);
    if (!needsLook(text)) return text;
    const at = text.indexOf(lastWords);
    return at === -1
      ? cleanLine(privacy, text)
      : `${text.slice(0, at)}${lastWords}${await cleanLine(privacy, text.slice(at + lastWords.length))}`;
  }

  const upstreams = createUpstreams({
    ...options,
    log: (server, line) => options.log(server, mask(line)),
    onState(server, state, reason) {
      const tell = (words?: string): void => {
        if (words !== undefined) reasons.set(server, words);
        options.onState?.(server, state, words);
      };
      const before = telling.get(server);
      if (before === undefined && !needsLook(reason ?? ""))
        return tell(reason === undefined ? undefined : mask(reason));
      reasons.delete(server);
      const mine: Promise<void> = (before ?? Promise.resolve()).then(async () => {
        tell(reason === undefined ? undefined : await clean(reason));
        if (telling.get(server) === mine) telling.delete(server);
      });
      telling.set(server, mine);
    },
  });

  return {
    ...upstreams,
    async listTools(key, listOptions) {
      try {
        return await withoutSecrets(await upstreams.listTools(key, listOptions), formsOf.get(key) ?? [], mask, clean);
      } catch (error) {
        throw error instanceof SluiceError ? toReworded(error, await clean(error.message), mask) : error;
      }
    },
    async callTool(...call) {
      try {
        return await upstreams.callTool(...call);
      } catch (error) {
        throw error instanceof SluiceError ? toReworded(error, mask(error.message), mask) : error;
      }
    },
    reason(key) {
      const reason = upstreams.reason(key);
      if (upstreams.state(key) === "failed") return reasons.get(key) ?? lookedThrough;
      return reason === undefined ? undefined : mask(reason);
    },
    async [Symbol.asyncDispose]() {
      await upstreams[Symbol.asyncDispose]();
      await Promise.all(telling.values());
    },
  };
}

/** The same error in other words; its cause, which has the old ones, is left out then. */
function toReworded(error: SluiceError, message: string, mask: (text: string) => string): SluiceError {
  const hint = error.hint === undefined ? undefined : mask(error.hint);
  if (message === error.message && hint === error.hint) return error;
  const { code, transient, isServerFault } = error;
  return new SluiceError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(transient === undefined ? {} : { transient }),
    isServerFault,
  });
}

async function withoutSecrets(
  listing: ToolListing,
  forms: readonly string[],
  mask: (text: string) => string,
  clean: (text: string) => Promise<string>,
): Promise<ToolListing> {
  const problems = await Promise.all(listing.problems.map(clean));
  const tools: ToolDefinition[] = [];
  for (const tool of listing.tools) {
    const text = forms.length === 0 ? "" : JSON.stringify(tool);
    if (!forms.some((form) => text.includes(form))) tools.push(tool);
    else if (hasInNames(tool as unknown as Json, mask) || mask(tool.name) !== tool.name)
      problems.push(`A tool has a secret of this machine in its name or in a name of its schema; it is left out`);
    else tools.push(maskTexts(tool as unknown as Json, mask) as unknown as ToolDefinition);
  }
  const { instructions } = listing;
  return { ...listing, tools, problems, ...(instructions === undefined ? {} : { instructions: mask(instructions) }) };
}

function hasInNames(value: Json, mask: (text: string) => string): boolean {
  if (Array.isArray(value)) return value.some((item) => hasInNames(item, mask));
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([key, member]) => mask(key) !== key || hasInNames(member, mask));
}

function maskTexts(value: Json, mask: (text: string) => string): Json {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((item) => maskTexts(item, mask));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, maskTexts(member, mask)]));
}
