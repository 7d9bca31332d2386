// Many tools, varied like real ones and always the same: names of verbs and nouns in the styles that are found, one to
// eight parameters with descriptions, some enums, some nesting.

const verbs =
  "get list create update delete search find send export import archive merge assign approve cancel schedule convert validate sync publish".split(
    " ",
  );
const nouns =
  "invoice contact deal ticket document folder message channel repository branch issue commit pipeline dashboard metric alert customer order product shipment payment refund contract employee vacation calendar event meeting transcript note task project milestone survey campaign audience template form webhook token secret backup snapshot volume cluster instance image network".split(
    " ",
  );
const qualifiers =
  "by id|by name|in bulk|for a team|with history|for the current user|as a draft|since a date|with attachments|recursively".split(
    "|",
  );
const products =
  "drive crm desk board mail chat billing payroll storage monitor search wiki forms analytics deploy registry".split(
    " ",
  );
const parameters =
  "id name query limit cursor filter status owner since until fields format notify parent labels priority".split(" ");

/** A generator of numbers below 1, the same for the same seed (mulberry32). @param {number} seed */
function createRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Keys of this many servers. @param {number} count */
export function makeServerKeys(count) {
  return Array.from(
    { length: count },
    (_, index) => `${products[index % products.length]}-${Math.floor(index / products.length) + 1}`,
  );
}

/**
 * The tools of one server as it would list them.
 * @param {number} server its number
 * @param {number} count
 */
export function makeTools(server, count) {
  const random = createRandom(server + 1);
  /** @template T @param {readonly T[]} of @returns {T} */
  const pick = (of) => /** @type {T} */ (of[Math.floor(random() * of.length)]);
  const isSnake = random() < 0.6;
  const product = products[server % products.length];
  /** @type {Map<string, object>} */
  const tools = new Map();
  while (tools.size < count) {
    const words = [pick(verbs), pick(nouns), ...(random() < 0.3 ? [pick(nouns)] : [])];
    const name = isSnake
      ? words.join("_")
      : words.map((word, index) => (index === 0 ? word : word[0]?.toUpperCase() + word.slice(1))).join("");
    if (tools.has(name)) continue;
    const [verb, ...things] = words;
    const description =
      `${verb?.[0]?.toUpperCase()}${verb?.slice(1)}s the ${things.join(" of a ")} ${pick(qualifiers)} in the ${product}. ${random() < 0.5 ? `Needs the permission to ${pick(verbs)} a ${pick(nouns)}; answers the ${pick(nouns)} that belongs to it.` : ""}`.trim();
    const names = [...new Set(Array.from({ length: 1 + Math.floor(random() * 8) }, () => pick(parameters)))];
    const properties = Object.fromEntries(
      names.map((parameter) => [parameter, makeSchema(parameter, pick(nouns), random())]),
    );
    tools.set(name, {
      name,
      description,
      inputSchema: { type: "object", properties, required: names.slice(0, 1), additionalProperties: false },
    });
  }
  return [...tools.values()];
}

/** @param {string} parameter @param {string} noun @param {number} chance */
function makeSchema(parameter, noun, chance) {
  const description = `The ${parameter} of the ${noun} that is meant`;
  if (parameter === "limit") return { type: "integer", minimum: 1, maximum: 100, default: 20, description };
  if (parameter === "status" || parameter === "priority")
    return { type: "string", enum: ["open", "closed", "pending", "archived"], description };
  if (parameter === "labels" || parameter === "fields")
    return { type: "array", items: { type: "string" }, description };
  if (chance < 0.1)
    return {
      type: "object",
      properties: { field: { type: "string" }, value: { type: ["string", "number", "null"] } },
      description,
    };
  return { type: "string", description };
}

/** Queries of one to five words as a model would write them. @param {number} count */
export function makeQueries(count) {
  const random = createRandom(7);
  /** @param {readonly string[]} of */
  const pick = (of) => of[Math.floor(random() * of.length)] ?? "";
  return Array.from({ length: count }, () => {
    const shapes = [
      [pick(nouns)],
      [pick(verbs), pick(nouns)],
      [pick(verbs), pick(nouns), pick(products)],
      [pick(verbs), "the", pick(nouns), "of", "a", pick(nouns)],
      [`${pick(verbs)}_${pick(nouns)}`],
      ["how", "do", "I", pick(verbs), "every", pick(nouns), pick(qualifiers)],
      [`${pick(nouns)}z`, pick(products)],
    ];
    return (shapes[Math.floor(random() * shapes.length)] ?? []).join(" ");
  });
}

/** Arguments that fit a tool, for these of its properties. @param {any} tool @param {readonly string[]} keys */
export function makeArguments({ inputSchema }, keys) {
  return Object.fromEntries(keys.map((key) => [key, makeValue(inputSchema.properties[key])]));
}

/** A value that fits. @param {any} schema */
function makeValue(schema) {
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.type === "integer") return 20;
  if (schema.type === "array") return ["one", "two", "three"];
  return schema.type === "object" ? { field: "name", value: "x" } : "a text of some thirty characters";
}
