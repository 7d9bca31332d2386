import type { Config } from "../config/config.ts";
import type { Finding } from "../privacy/finding.ts";
import { createTokenGrammar } from "../privacy/token.ts";
import { toHostSecrets } from "./host-secrets.ts";
import type { OpenPrivacy } from "./privacy.ts";

/** Where nothing is sealed there is no thread that does; the detectors are much to load, so only when they are needed. */
async function findSecrets(text: string): Promise<Finding[]> {
  const { createDetector } = await import("../privacy/detect/detector.ts");
  return createDetector({ classes: new Set(["SECRET"]), prose: false }).inText(text);
}

/** What of a text must not be kept: all that is private, or what lets somebody in. Says which kinds, never the value. */
export type PrivateFinder = (text: string, what?: "secrets") => Promise<string[]>;

/**
 * Finds tokens, secrets of this machine, and personal data as far as it is recognised; secrets also where nothing is
 * sealed.
 */
export function createPrivateFinder(config: Config, privacy: OpenPrivacy): PrivateFinder {
  const grammar = createTokenGrammar(config.privacy.own.map((own) => own.class));
  const secrets = toHostSecrets(config.servers);
  return async (text, what) => {
    const found = new Set<string>();
    if (
      what === undefined &&
      (grammar.find(text).some(({ kind }) => kind === "token") || grammar.findEncoded(text).length > 0)
    )
      found.add("a token of personal data");
    if (secrets.some((secret) => text.includes(secret))) found.add("a secret of this machine");
    const kinds = privacy.isOn
      ? (await privacy.need().clean(null, [text])).hits
      : (await findSecrets(text)).map((finding) => finding.class);
    for (const kind of kinds)
      if (what === undefined ? kind !== "LITERAL" : kind === "SECRET") found.add(`personal data or a secret (${kind})`);
    return [...found];
  };
}
