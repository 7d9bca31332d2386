import type { Finding } from "./finding.ts";

/** `key`: the name of a member, which is only another's if it is an echo; `measure`: a number that is nobody's but as an echo. */
export type SlotKind = "text" | "key" | "number" | "measure";

/** One text on its way: what is in it, and what replaces that. */
export class Slot {
  readonly text: string;
  readonly kind: SlotKind;
  findings: Finding[];
  /** Its tokens, in the order of the findings. */
  tokens: string[] = [];

  constructor(text: string, findings: Finding[], kind: SlotKind = "text") {
    this.text = text;
    this.findings = findings;
    this.kind = kind;
  }

  get isNumber(): boolean {
    return this.kind === "number" || this.kind === "measure";
  }

  /** All of it is one thing. */
  cover(name: string, of?: string): void {
    this.findings = [{ start: 0, end: this.text.length, class: name, ...(of === undefined ? {} : { of }) }];
  }

  get isWhole(): boolean {
    const [only] = this.findings;
    return only?.start === 0 && only.end === this.text.length;
  }
}
