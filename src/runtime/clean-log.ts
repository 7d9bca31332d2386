import type { OpenPrivacy } from "./privacy.ts";

/** What may be somebody's, or may open something. */
const worthALook = /@|\d{6}|\+\d|key|token|secret|passw|bearer|name|%40/i;

/** A log whose lines pass the second net, in their order; of what cannot be looked at, only that it was there. */
export function createCleanLog(
  privacy: Pick<OpenPrivacy, "isOn" | "need">,
  log: ((line: string) => void) | undefined,
): (line: string) => void {
  if (log === undefined) return () => undefined;
  if (!privacy.isOn) return log;
  let last: Promise<void> | undefined;
  return (line) => {
    if (last === undefined && !worthALook.test(line)) return log(line);
    const clean = async (): Promise<string> => (await privacy.need().clean(null, [line])).texts[0] ?? "";
    const shown = worthALook.test(line) ? clean() : Promise.resolve(line);
    const before = last ?? Promise.resolve();
    const mine: Promise<void> = before.then(async () => {
      log(await shown.catch(() => "(a line that could not be looked through for personal data)"));
      if (last === mine) last = undefined;
    });
    last = mine;
  };
}
