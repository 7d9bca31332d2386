import type { Detector } from "./detect/detector.ts";
import type { Finding } from "./finding.ts";
import { characterEscape, entity, fromEntity, toCharacter } from "./entities.ts";
import { decodeEach, type Layer } from "./layer.ts";

/** Findings in what `encodeURIComponent` made of a text, as parts of an address are. */
export function inEncoded(text: string, detector: Detector): Finding[] {
  if (!text.includes("%")) return [];
  const found: Finding[] = [];
  for (const { 0: run, index } of text.matchAll(/[\w.!~*'()%-]+/g)) {
    const decoded = toDecoded(run);
    if (decoded === undefined) continue;
    const lengthOf = (part: string): number => encodeURIComponent(part).length;
    for (const { start, end, class: name } of detector.inText(decoded))
      found.push({
        start: index + lengthOf(decoded.slice(0, start)),
        end: index + lengthOf(decoded.slice(0, end)),
        class: name,
      });
  }
  return found;
}

/** What a surface says, if it is exactly what `encodeURIComponent` makes of it. */
export function toDecoded(surface: string): string | undefined {
  if (!surface.includes("%")) return undefined;
  try {
    const decoded = decodeURIComponent(surface);
    return decoded !== surface && encodeURIComponent(decoded) === surface ? decoded : undefined;
  } catch {
    return undefined;
  }
}

/** A text without the escapes of a string, where it is none, as a log or what is cut off has them, and without those of HTML. */
export function toUnescaped(text: string): Layer | undefined {
  return /[\\&]/.test(text) ? decodeEach(text, escapeOrEntity, fromEscape) : undefined;
}

const escapeOrEntity = new RegExp(
  `(?<!\\\\)\\\\+(?:${characterEscape.source}|U([\\dA-Fa-f]{8})|")|${entity.source}`,
  "g",
);

function fromEscape([written, unit, braced, byte, long, ...groups]: RegExpExecArray): string | undefined {
  if (!written.startsWith("\\")) return fromEntity([written, ...groups]);
  const code = unit ?? braced ?? byte ?? long;
  return code === undefined ? '"' : toCharacter(Number.parseInt(code, 16));
}
