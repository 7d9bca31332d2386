/**
 * The one exit for text towards the model. Makes the text well-formed Unicode (half a surrogate pair breaks the JSON of
 * some clients) and drops control characters but newline and tab: on a terminal they rewrite what a person sees, and in
 * a prompt they hide what the model reads.
 */
export function toModel(text: string): string {
  // With the flag `u` a whole pair is one character, so only halves match.
  return text.replace(/[\uD800-\uDFFF]/gu, "\uFFFD").replace(/[^\P{Cc}\n\t]/gu, "");
}
