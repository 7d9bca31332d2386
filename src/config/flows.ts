import type { FlowRule, ReadLabel } from "./config.ts";
import { type CustomKey, record } from "./privacy.ts";
import { toGot } from "./problems.ts";

const labels: readonly ReadLabel[] = ["private", "untrusted"];
const verdicts = ["allow", "approve", "deny"] as const;

/** The key `policy.flows`: what an execution may do after what it has read. */
export const flowsKey: CustomKey = {
  kind: "custom",
  about:
    'What may happen after what was read: `{ "private -> outside": "deny", "untrusted -> destructive": "approve", "private + untrusted -> crm.*": "approve" }`. Unless the preset is `open`, `private + untrusted -> outside` asks.',
  schema: { type: "object", additionalProperties: { enum: [...verdicts] } },
  read(value, path, problems): FlowRule[] {
    return record(value, path, problems, '{ "private -> outside": "deny" }').flatMap(([text, verdict]) => {
      const here = [...path, text];
      const [, before = "", to = ""] = /^([^>→]*?)\s*(?:->|→)\s*(\S+)$/.exec(text.trim()) ?? [];
      const read = before.split(/\s*\+\s*/).filter((label) => label !== "");
      if (read.length === 0 || !read.every((label) => labels.some((known) => known === label)))
        problems.add(here, 'expected what was read before the arrow: "private", "untrusted" or "private + untrusted"');
      else if (to !== "outside" && to !== "destructive" && !/[.*]/.test(to))
        problems.add(here, 'expected "outside", "destructive" or an address pattern like "crm.*" after the arrow');
      const known = verdicts.find((each) => each === verdict);
      if (known === undefined) problems.add(here, `expected "allow", "approve" or "deny", got ${toGot(verdict)}`);
      return known === undefined ? [] : [{ read: read as ReadLabel[], to, verdict: known }];
    });
  },
};
