// Tables of texts: a head, lines, and their print for people or for a document.

/** @typedef {{ title: string, head: string[], lines: string[][] }} Table */

/** @param {Table} table */
export function formatMarkdown({ title, head, lines }) {
  const row = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [`**${title}**`, "", row(head), row(head.map(() => "---")), ...lines.map(row)].join("\n");
}

/** The same for a terminal: one block per column but the first. @param {Table} table */
export function formatColumns({ title, head, lines }) {
  const width = Math.max(...lines.map(([name = ""]) => name.length));
  const blocks = head.slice(1).map((name, at) => {
    const cells = lines.map((line) => `  ${(line[0] ?? "").padEnd(width)}  ${line[at + 1] ?? ""}`);
    return `${name}\n${cells.join("\n")}`;
  });
  return `${title}\n\n${blocks.join("\n\n")}`;
}
