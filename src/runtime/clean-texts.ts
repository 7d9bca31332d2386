import type { OpenPrivacy } from "./privacy.ts";

/** Texts without what the second net finds: what a model wrote may hold what it was told. Rejects where it cannot be looked. */
export async function cleanTexts(
  { privacy }: { privacy: Pick<OpenPrivacy, "isOn" | "need"> },
  texts: readonly string[],
): Promise<string[]> {
  if (!privacy.isOn) return [...texts];
  const cleaned = await privacy.need().clean(null, texts);
  return texts.map((_, at) => cleaned.texts[at] ?? "");
}
