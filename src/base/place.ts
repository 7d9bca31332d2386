/** Where a value stands, as a chain to the root; made into text only when there is something to say. */
export interface Place {
  within: Place | undefined;
  key: string | number;
  /** A member that the schema does not name: its key may be data. */
  isUndeclared?: true;
}

/** A place as a program would write it: `rows[3].email`, `data["first name"]`; empty for the root. */
export function toPathText(place: Place | undefined): string {
  const keys: (string | number)[] = [];
  for (let at = place; at !== undefined; at = at.within) keys.push(at.key);
  let text = "";
  for (const key of keys.reverse()) {
    if (typeof key === "string" && /^[A-Za-z_$][\w$]*$/.test(key)) text += text === "" ? key : `.${key}`;
    else text += `[${typeof key === "number" ? key : JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key)}]`;
  }
  return text;
}

/** A place in the schema's own words: `rows[].email`; `[*]` for a key that only the value has. */
export function toDeclaredPath(place: Place | undefined): string {
  if (place === undefined) return "";
  const within = toDeclaredPath(place.within);
  if (typeof place.key === "number") return `${within}[]`;
  if (place.isUndeclared === true) return `${within}[*]`;
  const own = toPathText({ within: undefined, key: place.key });
  return within === "" || own.startsWith("[") ? `${within}${own}` : `${within}.${own}`;
}
