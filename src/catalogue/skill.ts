/** What is known of a skill before it is read: the head of its SKILL.md, and how its code is called. */
export interface Skill {
  /** Its folder's name: what a program imports from `./skills/`. */
  folder: string;
  /** What it is called. */
  name: string;
  /** What it does and when to use it. */
  description: string;
  /** Read from its code, not from what it says; absent: it can only be read. */
  call?: {
    /** `import { toCsv } from "./skills/to-csv"; await toCsv(rows)`. */
    line: string;
    /** `toCsv(rows: object[]): string`. */
    signature: string;
  };
}
