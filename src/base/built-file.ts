/**
 * A file beside the module `from` (its `import.meta.url`) that threads, processes or the build need compiled. Tests run
 * the sources: they take the last build's.
 */
export function builtFile(name: string, from: string): URL {
  const { href } = new URL(name, from);
  if (!from.endsWith(".ts")) return new URL(href);
  const at = href.lastIndexOf("/src/");
  return new URL(`${href.slice(0, at)}/dist/${href.slice(at + "/src/".length)}`);
}
