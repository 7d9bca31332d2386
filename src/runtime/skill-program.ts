import { SluiceError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { OutlineCall } from "../base/program-outline.ts";
import { toViolationsText } from "../gateway/validate.ts";
import { validateValue, type ValidateValueOptions } from "../gateway/validate-value.ts";
import { toFunctionName } from "../skills/skill-name.ts";

/** The skill that `skill:NAME` or `skills/NAME` names, as `call_tool` is given it. */
export function toSkillName(tool: string): string | undefined {
  return /^(?:\.\/)?skills?[:/](.{1,200})$/s.exec(tool)?.[1];
}

/** What a skill takes, as a schema of one object of arguments. */
export function toSkillSchema({ parameters }: OutlineCall): JsonObject {
  const [only] = parameters;
  if (parameters.length === 1 && only?.isObject === true)
    return { type: "object", description: only.type, ...only.schema };
  const required = parameters.filter(({ isOptional }) => !isOptional).map(({ name }) => name);
  return {
    type: "object",
    properties: Object.fromEntries(
      parameters.map(({ name, type, schema, isRest }) => [
        name,
        {
          ...(isRest ? { type: "array" } : {}),
          ...(schema["type"] === undefined ? { description: type } : {}),
          ...schema,
        },
      ]),
    ),
    required,
    additionalProperties: false,
  };
}

/** Whether the arguments are the one object that the function takes, and not members of the names of its parameters. */
function isWhole({ parameters }: OutlineCall, args: JsonObject): boolean {
  const [only, ...others] = parameters;
  if (only === undefined || others.length > 0) return false;
  const { type } = only.schema;
  const keys = Object.keys(args);
  return only.isObject || ((type === undefined || type === "object") && keys.length > 0 && !keys.includes(only.name));
}

/**
 * A program that calls a skill with one object of arguments: the object itself where the function takes one, else each
 * member is the parameter of its name. Throws `arguments_invalid` where they are not of its types.
 */
export function toSkillProgram(
  name: string,
  call: OutlineCall,
  args: JsonObject,
  sealed: ValidateValueOptions["sealed"],
): string {
  const { parameters, signature } = call;
  const functionName = toFunctionName(name);
  const whole = isWhole(call, args);
  const invalid = (problem: string): SluiceError =>
    new SluiceError("arguments_invalid", `${problem}; the skill is ${signature}`);
  if (!whole) {
    const named = new Set(parameters.map((parameter) => parameter.name));
    const unknown = Object.keys(args).find((key) => !named.has(key));
    if (unknown !== undefined) throw invalid(`skill:${name} has no parameter "${unknown.slice(0, 100)}"`);
    const missing = parameters.find((parameter) => !parameter.isOptional && !Object.hasOwn(args, parameter.name));
    if (missing !== undefined) throw invalid(`skill:${name} needs "${missing.name}"`);
  }
  const schema = whole ? (parameters[0]?.schema ?? {}) : toSkillSchema(call);
  const violations = validateValue(schema, args, sealed === undefined ? {} : { sealed });
  if (violations.length > 0) throw invalid(`Cannot call skill:${name}: ${toViolationsText(violations)}`);
  const given = whole
    ? "given"
    : parameters
        .map((one) => `${one.isRest ? "..." : ""}given[${JSON.stringify(one.name)}]${one.isRest ? " ?? []" : ""}`)
        .join(", ");
  // As a text that is parsed: a key may be called `__proto__`.
  return [
    `import { ${functionName} } from "./skills/${name}";`,
    `const given = JSON.parse(${JSON.stringify(JSON.stringify(args))});`,
    `return await ${functionName}(${given});`,
  ].join("\n");
}
