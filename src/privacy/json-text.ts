/** A value as JSON has it: a string with its quotes, a number, a list or an object. */
export interface JsonText {
  json: string;
  /** In how many strings of JSON, each in the next, a string is: 1 is the innermost. */
  layers: number;
}

type Written = { [Key in keyof JsonText]?: JsonText[Key] | undefined };

export function isNumber({ json }: Written): boolean {
  return json !== undefined && /^[-\d]/.test(json);
}

export function isString({ json }: Written): boolean {
  return json?.startsWith('"') === true;
}

/** What a string of JSON says. */
export function toRead(string: Written): string {
  return toInner(string, 0) ?? "";
}

/** What stood between the quotes where it was in `up` strings; undefined: it is no string, or it was in fewer. */
export function toInner({ json, layers = 1 }: Written, up: number): string | undefined {
  if (json === undefined || !isString({ json }) || up > layers) return undefined;
  let inner = json.slice(1, -1);
  try {
    for (let layer = layers; layer > up; layer -= 1) inner = JSON.parse(`"${inner}"`) as string;
  } catch {
    // It is JSON only without it.
  }
  return inner;
}

/** What JSON has between the quotes, by who escapes no more than he must. */
export function toEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** How the vault keeps a string of JSON that says this; empty where it is written as it always is. */
export function toKept(text: string, { json, layers = 1 }: Written): string {
  let usual = text;
  for (let layer = 0; layer < layers; layer += 1) usual = toEscaped(usual);
  return json === undefined || json === `"${usual}"` ? "" : `${layers}${json}`;
}

export function fromKept(kept: string): JsonText {
  const at = kept.indexOf('"');
  return { json: kept.slice(at), layers: Number(kept.slice(0, at)) };
}
