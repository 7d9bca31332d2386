import { toModelText } from "../base/model-text.js";

/**
 * The one exit for text towards the model. Makes the text well-formed Unicode (half a surrogate pair breaks the JSON of
 * some clients) and drops control characters but newline and tab: on a terminal they rewrite what a person sees, and in
 * a prompt they hide what the model reads. Large values pass the same function in a thread (`base/large-json.ts`).
 */
export function toModel(text: string): string {
  return toModelText(text);
}
