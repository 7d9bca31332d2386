import { readFile } from "node:fs/promises";
import { limits } from "../base/limits.ts";
import { writeWhole } from "../base/write-whole.ts";
import type { IndexData } from "./term-index.ts";

/** What an index on disk says of its documents: all that is needed to answer without reading a definition. */
export interface IndexContents {
  /** Hash of what was indexed and of how: an index with another one is of no use. */
  key: string;
  /** The names of the documents, group by group (a server's tools, the skills), in the order they were added. */
  groups: readonly { key: string; names: readonly string[] }[];
  /** Term → the word it was first seen as. */
  spelling: readonly (readonly [string, string])[];
}

/** An index with its contents. */
export interface StoredIndex {
  data: IndexData;
  contents: IndexContents;
}

const columns = ["postingStarts", "postings", "weights", "phraseStarts", "phrases"] as const;

interface Header {
  contents: IndexContents;
  documents: number;
  terms: readonly string[];
  /** Entries of each column, in the order of `columns`; four bytes each. */
  lengths: readonly number[];
}

/** Reads an index with this key; `undefined` if there is none or the file is not whole: it is then built anew. */
export async function loadIndex(file: string, key: string): Promise<StoredIndex | undefined> {
  try {
    const bytes = await readFile(file);
    const headerBytes = bytes.readUInt32LE(0);
    const header = JSON.parse(bytes.toString("utf8", 4, 4 + headerBytes)) as Header;
    if (header.contents.key !== key) return undefined;
    let at = 4 + headerBytes;
    if (bytes.length !== at + 4 * header.lengths.reduce((sum, length) => sum + length, 0)) return undefined;
    const buffers = header.lengths.map((length) => {
      const copy = bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + 4 * length);
      at += 4 * length;
      return copy;
    });
    const column = (name: (typeof columns)[number]): ArrayBuffer => buffers[columns.indexOf(name)] as ArrayBuffer;
    return {
      contents: header.contents,
      data: {
        documents: header.documents,
        terms: header.terms,
        postingStarts: new Uint32Array(column("postingStarts")),
        postings: new Uint32Array(column("postings")),
        weights: new Float32Array(column("weights")),
        phraseStarts: new Uint32Array(column("phraseStarts")),
        phrases: new Uint32Array(column("phrases")),
      },
    };
  } catch {
    return undefined;
  }
}

/** Keeps an index for the next process, whole or not at all; where that fails, the next process builds its own. */
export async function saveIndex(file: string, { data, contents }: StoredIndex): Promise<void> {
  const header: Header = {
    contents,
    documents: data.documents,
    terms: data.terms,
    lengths: columns.map((name) => data[name].length),
  };
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  const parts = columns.map((name) => {
    const { buffer, byteOffset, byteLength } = data[name];
    return Buffer.from(buffer, byteOffset, byteLength);
  });
  const bytes = Buffer.concat([size, text, ...parts]);
  if (bytes.length > limits.searchIndexBytesMax) return;
  // another process may read or write it meanwhile
  await writeWhole(file, bytes).catch(() => undefined);
}
