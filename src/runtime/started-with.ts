/** When a program was started, and with which skills: what the frame says that it was started with. */
export function readStart(frame: string): { startedAt: number; skills: string[] } {
  const { t, modules } = JSON.parse(frame) as { t: number; modules: { name: string }[] };
  const skills = modules.flatMap(({ name }) => /^skills\/([^/]+?)(?:\.[jt]s)?(?:\/|$)/.exec(name)?.[1] ?? []);
  return { startedAt: t, skills: [...new Set(skills)] };
}
