import { isJsonObject, toCanonicalJson, type Json, type JsonObject, type JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { toNearest } from "../base/nearest.ts";
import { type Place, toDeclaredPath, toPathText } from "../base/place.ts";
import { type References, toReferences } from "../base/references.ts";
import { Findings, type Found } from "./found.ts";
import { checkNumber, isOfType, jsonTypes, toLength } from "./scalar-checks.ts";
import { toExpected, toGot } from "./violation-text.ts";

/** One thing that is wrong with a value. */
export interface Violation {
  /** Where, as a program would write it (`rows[3].email`); empty for the value itself. */
  path: string;
  expected: string;
  got: string;
}

/** What `validateValue` may say about the schema itself. */
export interface ValidateValueOptions {
  /** Called for each part of the schema that cannot be read or is not enforced; such a part permits everything. */
  onUnenforced?: (reason: string) => void;
  /** Whether a text has a token in it, or is one: what is behind it is not known here. */
  sealed?: (text: string) => "whole" | "part" | undefined;
}

/**
 * Checks a value against a JSON Schema (2020-12 or draft-07) and answers the first `limits.violationsMax` violations.
 * It interprets: no code is made from a foreign schema, and no pattern of one is executed, since a bad one can take
 * forever (`pattern`, `patternProperties`; `format` is an annotation). What is not enforced never makes a value invalid.
 */
export function validateValue(schema: JsonSchema, value: Json, options: ValidateValueOptions = {}): Violation[] {
  const found = new Findings();
  new Run(schema, options).check(schema, value, undefined, 0, found);
  return found.list.map(({ place, expected, got }) => ({ path: toPathText(place), expected, got }));
}

/** How a value contradicts a schema, in words of the schema alone: neither a value nor a key that only the value has. */
export interface Contradiction {
  /** `rows[].email` */
  path: string;
  expected: string;
  mistake: Found["mistake"];
}

/** How a value contradicts a schema, each way once, up to `limits.violationsMax`. */
export function findContradictions(
  schema: JsonSchema,
  value: Json,
  options: ValidateValueOptions = {},
): Contradiction[] {
  const found = new Findings({ isByPath: true });
  new Run(schema, options).check(schema, value, undefined, 0, found);
  return found.list.map(({ place, expected, mistake }) => ({ path: toDeclaredPath(place), expected, mistake }));
}

/** One validation: its schema, its budget, and whether something had to be taken on trust. */
class Run {
  #references: References;
  #onUnenforced: ((reason: string) => void) | undefined;
  #sealed: ValidateValueOptions["sealed"];
  #steps = 0;
  /** Counts assertions that were not enforced: a branch during which it grew is valid only as far as we know. */
  #doubts = 0;
  #ignoresSiblings: boolean;

  constructor(root: JsonSchema, { onUnenforced, sealed }: ValidateValueOptions) {
    this.#references = toReferences(root);
    this.#onUnenforced = onUnenforced;
    this.#sealed = sealed;
    const dialect = isJsonObject(root) && typeof root.$schema === "string" ? root.$schema : "";
    // Up to draft-07, `$ref` stands alone and what is beside it means nothing.
    this.#ignoresSiblings = /draft-0[34678]/.test(dialect);
  }

  /** Adds to `found` what is wrong with a value; `depth` counts schemas within schemas. */
  check(schema: unknown, value: Json, place: Place | undefined, depth: number, found: Findings): void {
    if (schema === true || schema === undefined || found.isFull) return;
    if (schema === false) {
      found.add(place, "nothing here", toGot(value));
      return;
    }
    if (!isJsonObject(schema)) return this.#doubt(`a schema is ${toGot(schema as Json)}, not an object`);
    if (++this.#steps > limits.validationStepsMax)
      return this.#doubt(`it takes more than ${limits.validationStepsMax} steps`);
    if (depth > limits.validationDepthMax)
      return this.#doubt(`it is nested or refers to itself more than ${limits.validationDepthMax} times`);

    if (schema.$ref !== undefined) {
      const target = typeof schema.$ref === "string" ? this.#references.resolve(schema.$ref) : undefined;
      if (target === undefined) this.#doubt(`its $ref ${JSON.stringify(schema.$ref).slice(0, 120)} leads nowhere here`);
      else this.check(target.schema, value, place, depth + 1, found);
      if (this.#ignoresSiblings) return;
    }
    const sealed = typeof value === "string" ? this.#sealed?.(value) : undefined;
    if (!this.#checkType(schema, value, place, found, sealed)) return;
    // It satisfies what is said of texts and numbers, as far as anybody knows here.
    if (sealed !== undefined) {
      this.#doubt();
      return this.#checkCombined(schema, value, place, depth, found);
    }
    this.#checkEqual(schema, value, place, found);
    if (typeof value === "string") this.#checkString(schema, value, place, found);
    else if (typeof value === "number") checkNumber(schema, value, place, found);
    else if (Array.isArray(value)) this.#checkArray(schema, value, place, depth, found);
    else if (isJsonObject(value)) this.#checkObject(schema, value, place, depth, found);
    this.#checkCombined(schema, value, place, depth, found);
  }

  #doubt(reason?: string): void {
    this.#doubts++;
    if (reason !== undefined) this.#onUnenforced?.(reason);
  }

  /** Whether the value satisfies the schema: `unknown` where it does as far as that was enforced. */
  #test(schema: unknown, value: Json, depth: number): "valid" | "invalid" | "unknown" {
    const doubts = this.#doubts;
    const found = new Findings();
    this.check(schema, value, undefined, depth, found);
    if (found.list.length > 0) return "invalid";
    return this.#doubts > doubts ? "unknown" : "valid";
  }

  /** False if the value is of another type, so that no other keyword has anything to say. */
  #checkType(
    schema: JsonObject,
    value: Json,
    place: Place | undefined,
    found: Findings,
    sealed?: "whole" | "part",
  ): boolean {
    if (schema.type === undefined) return true;
    const types = Array.isArray(schema.type) ? schema.type : [schema.type];
    const unknown = types.filter((type) => typeof type !== "string" || !jsonTypes.has(type));
    if (unknown.length > 0 || types.length === 0) {
      this.#doubt(`its type ${JSON.stringify(schema.type).slice(0, 120)} is none of JSON Schema's`);
      return true;
    }
    // OpenAPI's way of saying that null is fine.
    if (value === null && schema.nullable === true) return true;
    if (types.some((type) => isOfType(value, type as string))) return true;
    if (sealed === "whole" && types.some((type) => type === "number" || type === "integer")) return true;
    found.add(place, toExpected(schema), toGot(value), "type");
    return false;
  }

  #checkEqual(schema: JsonObject, value: Json, place: Place | undefined, found: Findings): void {
    if (value === null && schema.nullable === true) return;
    if (schema.const !== undefined && !this.#equals(schema.const, value))
      found.add(place, toExpected(schema), toGot(value), "constant");
    if (schema.enum === undefined) return;
    if (!Array.isArray(schema.enum)) return this.#doubt("its enum is not an array");
    this.#steps += schema.enum.length;
    if (!schema.enum.some((member) => this.#equals(member, value))) {
      const nearest =
        typeof value === "string"
          ? toNearest(
              value,
              schema.enum.filter((member) => typeof member === "string"),
            )
          : undefined;
      const guess = nearest === undefined ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
      found.add(place, toExpected(schema), toGot(value) + guess, "constant");
    }
  }

  #equals(a: Json, b: Json): boolean {
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
    return toCanonicalJson(a) === toCanonicalJson(b);
  }

  #checkString(schema: JsonObject, value: string, place: Place | undefined, found: Findings): void {
    // Neither is enforced, so a branch that relies on one may match without being the one that is meant.
    if (schema.pattern !== undefined || schema.format !== undefined) this.#doubt();
    const { minLength, maxLength } = schema;
    if (typeof minLength !== "number" && typeof maxLength !== "number") return;
    const length = toLength(value);
    if (typeof minLength === "number" && length < minLength)
      found.add(place, `at least ${minLength} characters`, `${length}`);
    if (typeof maxLength === "number" && length > maxLength)
      found.add(place, `at most ${maxLength} characters`, `${length}`);
  }

  #checkArray(schema: JsonObject, value: Json[], place: Place | undefined, depth: number, found: Findings): void {
    const { minItems, maxItems, prefixItems, items, additionalItems, contains } = schema;
    if (typeof minItems === "number" && value.length < minItems)
      found.add(place, `at least ${minItems} items`, `${value.length}`);
    if (typeof maxItems === "number" && value.length > maxItems)
      found.add(place, `at most ${maxItems} items`, `${value.length}`);
    // Draft-07 writes a tuple as `items: [..]` with `additionalItems` for the rest.
    const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : [];
    const rest = Array.isArray(items) ? additionalItems : items;
    if (tuple.length > 0 || rest !== undefined) {
      for (const [index, item] of value.entries()) {
        if (found.isFull || this.#steps > limits.validationStepsMax) break;
        this.check(index < tuple.length ? tuple[index] : rest, item, { within: place, key: index }, depth + 1, found);
      }
    }
    if (schema.uniqueItems === true) this.#checkUnique(value, place, found);
    if (contains !== undefined) this.#checkContains(schema, value, place, depth, found);
    if (schema.unevaluatedItems !== undefined) this.#doubt("unevaluatedItems is not enforced");
  }

  #checkUnique(value: Json[], place: Place | undefined, found: Findings): void {
    if (value.length > limits.uniqueItemsMax)
      return this.#doubt(`uniqueItems is not enforced over ${limits.uniqueItemsMax} items`);
    const seen = new Map<string, number>();
    for (const [index, item] of value.entries()) {
      const text = toCanonicalJson(item);
      this.#steps += 1 + text.length / 64;
      const earlier = seen.get(text);
      if (earlier !== undefined)
        return found.add({ within: place, key: index }, "items that differ", `the same as item ${earlier}`);
      if (this.#steps > limits.validationStepsMax)
        return this.#doubt(`it takes more than ${limits.validationStepsMax} steps`);
      seen.set(text, index);
    }
  }

  #checkContains(schema: JsonObject, value: Json[], place: Place | undefined, depth: number, found: Findings): void {
    const least = typeof schema.minContains === "number" ? schema.minContains : 1;
    const most = typeof schema.maxContains === "number" ? schema.maxContains : Infinity;
    const verdicts = value.map((item) => this.#test(schema.contains, item, depth + 1));
    const certain = verdicts.filter((verdict) => verdict === "valid").length;
    const possible = certain + verdicts.filter((verdict) => verdict === "unknown").length;
    const what = toExpected(schema.contains as JsonSchema);
    if (possible < least) found.add(place, `at least ${least} items that are ${what}`, `${possible}`);
    if (certain > most) found.add(place, `at most ${most} items that are ${what}`, `${certain}`);
  }

  #checkObject(schema: JsonObject, value: JsonObject, place: Place | undefined, depth: number, found: Findings): void {
    const { minProperties, maxProperties, propertyNames } = schema;
    const names = Object.keys(value);
    if (typeof minProperties === "number" && names.length < minProperties)
      found.add(place, `at least ${minProperties} properties`, `${names.length}`);
    if (typeof maxProperties === "number" && names.length > maxProperties)
      found.add(place, `at most ${maxProperties} properties`, `${names.length}`);
    let properties: JsonObject = {};
    if (isJsonObject(schema.properties)) properties = schema.properties;
    else if (schema.properties !== undefined) this.#doubt("its properties are not an object");
    const unknown = names.filter((name) => !Object.hasOwn(properties, name));
    this.#checkRequired(schema, value, unknown, properties, place, found);
    for (const name of names) {
      if (found.isFull) return;
      const isDeclared = Object.hasOwn(properties, name);
      const here: Place = { within: place, key: name, ...(isDeclared ? {} : { isUndeclared: true }) };
      const member = value[name] as Json;
      if (isDeclared) this.check(properties[name], member, here, depth + 1, found);
      if (propertyNames !== undefined) this.check(propertyNames, name, here, depth + 1, found);
    }
    this.#checkUnknown(schema, value, unknown, properties, place, depth, found);
    this.#checkDependent(schema, value, place, depth, found);
    if (schema.unevaluatedProperties !== undefined) this.#doubt("unevaluatedProperties is not enforced");
  }

  #checkRequired(
    schema: JsonObject,
    value: JsonObject,
    unknown: readonly string[],
    properties: JsonObject,
    place: Place | undefined,
    found: Findings,
  ): void {
    if (schema.required === undefined) return;
    // Draft-03 has `required: true` at the property; some servers still write it.
    if (!Array.isArray(schema.required)) return this.#doubt("its required is not an array");
    for (const name of schema.required) {
      if (typeof name !== "string" || Object.hasOwn(value, name)) continue;
      const property = Object.hasOwn(properties, name) ? (properties[name] as JsonSchema) : true;
      const nearest = toNearest(name, unknown);
      const got = nearest === undefined ? "nothing" : `nothing; rename ${JSON.stringify(nearest)} to it`;
      found.add({ within: place, key: name }, toExpected(property), got, "absent");
    }
  }

  #checkUnknown(
    schema: JsonObject,
    value: JsonObject,
    unknown: readonly string[],
    properties: JsonObject,
    place: Place | undefined,
    depth: number,
    found: Findings,
  ): void {
    const { additionalProperties, patternProperties } = schema;
    if (unknown.length === 0) return;
    if (isJsonObject(patternProperties) && Object.keys(patternProperties).length > 0) {
      return this.#doubt("patternProperties is not enforced, nor additionalProperties beside it");
    }
    if (additionalProperties === undefined || additionalProperties === true) return;
    for (const name of unknown) {
      const here: Place = { within: place, key: name, isUndeclared: true };
      if (additionalProperties !== false) {
        this.check(additionalProperties, value[name] as Json, here, depth + 1, found);
        continue;
      }
      const free = Object.keys(properties).filter((known) => !Object.hasOwn(value, known));
      const nearest = toNearest(name, free);
      const known = Object.keys(properties);
      const list =
        known.length === 0
          ? "none are"
          : `${known.slice(0, 20).join(", ")}${known.length > 20 ? ", … are" : known.length > 1 ? " are" : " is"}`;
      found.add(
        here,
        `no such property (${list} known)`,
        nearest === undefined ? toGot(value[name] as Json) : `one; did you mean ${JSON.stringify(nearest)}?`,
        "undeclared",
      );
    }
  }

  #checkDependent(
    schema: JsonObject,
    value: JsonObject,
    place: Place | undefined,
    depth: number,
    found: Findings,
  ): void {
    for (const keyword of ["dependentRequired", "dependentSchemas", "dependencies"]) {
      const dependents = schema[keyword];
      if (!isJsonObject(dependents)) continue;
      for (const [name, dependent] of Object.entries(dependents)) {
        if (!Object.hasOwn(value, name)) continue;
        if (!Array.isArray(dependent)) {
          this.check(dependent, value, place, depth + 1, found);
          continue;
        }
        for (const other of dependent) {
          if (typeof other !== "string" || Object.hasOwn(value, other)) continue;
          found.add(
            { within: place, key: other },
            `a value, since ${JSON.stringify(name)} is given`,
            "nothing",
            "absent",
          );
        }
      }
    }
  }

  #checkCombined(schema: JsonObject, value: Json, place: Place | undefined, depth: number, found: Findings): void {
    if (Array.isArray(schema.allOf)) for (const part of schema.allOf) this.check(part, value, place, depth + 1, found);
    if (Array.isArray(schema.anyOf)) this.#checkBranches(schema.anyOf, false, value, place, depth, found);
    if (Array.isArray(schema.oneOf)) this.#checkBranches(schema.oneOf, true, value, place, depth, found);
    if (schema.not !== undefined && this.#test(schema.not, value, depth + 1) === "valid") {
      found.add(place, `anything but ${toExpected(schema.not as JsonSchema)}`, toGot(value));
    }
    if (schema.if !== undefined) {
      const verdict = this.#test(schema.if, value, depth + 1);
      if (verdict === "valid") this.check(schema.then, value, place, depth + 1, found);
      if (verdict === "invalid") this.check(schema.else, value, place, depth + 1, found);
    }
  }

  #checkBranches(
    branches: Json[],
    isOne: boolean,
    value: Json,
    place: Place | undefined,
    depth: number,
    found: Findings,
  ): void {
    let certain = 0;
    let possible = 0;
    const failed: Found[][] = [];
    for (const branch of branches) {
      const tested = new Findings();
      const doubts = this.#doubts;
      this.check(branch, value, place, depth + 1, tested);
      if (tested.list.length > 0) failed.push(tested.list);
      else {
        possible++;
        if (this.#doubts === doubts) certain++;
        if (!isOne) return;
      }
    }
    if (possible === 0) found.addAll(toBestBranch(failed, branches, value, place));
    else if (certain > 1) found.add(place, "exactly one of its alternatives", `a value that is ${certain} of them`);
  }
}

/** What to say when no alternative fits: the mistakes in the one that was clearly meant, else all that would do. */
function toBestBranch(failed: Found[][], branches: Json[], value: Json, place: Place | undefined): Found[] {
  // The value's own type, or the constant in it or in a member (a tag), says that another alternative was meant.
  const isElsewhere = (one: Found): boolean =>
    one.place === place ? one.mistake !== "other" : one.mistake === "constant" && one.place?.within === place;
  const meant = failed.filter((tested) => !tested.some(isElsewhere));
  const [only] = meant.length > 0 ? meant.toSorted((a, b) => a.length - b.length) : failed.length === 1 ? failed : [];
  if (only !== undefined) return only;
  const alternatives = [...new Set(branches.map((branch) => toExpected(branch as JsonSchema)))];
  return [{ place, expected: alternatives.slice(0, 10).join(" or "), got: toGot(value), mistake: "type" }];
}
