import { cleanTexts } from "./clean-texts.ts";
import type { OpenPrivacy } from "./privacy.ts";

/** What may be somebody's, or may open something. */
export const worthALook: RegExp = /@|\d{6}|\+\d|key|token|secret|passw|bearer|name|%40/i;

/** A log whose lines pass the second net, in their order; of what cannot be looked at, only that it was there. */
export function createCleanLog(
  privacy: Pick<OpenPrivacy, "isOn" | "need">,
  log: ((line: string) => void) | undefined,
): (line: string) => void {
  if (log === undefined) return () => undefined;
  if (!privacy.isOn) return log;
  let last: Promise<void> | undefined;
  return (line) => {
    const isLooked = worthALook.test(line);
    if (last === undefined && !isLooked) return log(line);
    const mine: Promise<void> = (last ?? Promise.resolve()).then(async () => {
      log(isLooked ? await cleanLine(privacy, line) : line);
      if (last === mine) last = undefined;
    });
    last = mine;
  };
}

/** A line without what the second net finds; of one that cannot be looked at, only that it was there. */
export async function cleanLine(privacy: Pick<OpenPrivacy, "isOn" | "need">, line: string): Promise<string> {
  try {
    return (await cleanTexts({ privacy }, [line]))[0] ?? "";
  } catch {
    return "(a line that could not be looked through for personal data)";
  }
}
