/**
 * What base64 makes of a text wherever it stands in a longer one, without what that has a part in: what stands before it
 * shifts it by none, one or two bytes; each in both alphabets.
 */
export function toBase64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replaceAll("=", "");
    // Of six bits each; the last character is whole only where the bytes end with it.
    const form = whole.slice(shift === 0 ? 0 : shift + 1, ((bytes.length + shift) * 8) % 6 === 0 ? undefined : -1);
    return [form, form.replaceAll("+", "-").replaceAll("/", "_")];
  });
}
