/**
 * A subset of SOQL: SELECT fields | COUNT() FROM Object [WHERE condition] [ORDER BY field [ASC|DESC], …] [LIMIT n]
 * [OFFSET n]; conditions with =, !=, <, >, <=, >=, LIKE, IN, NOT IN, AND, OR, NOT and brackets.
 *
 * @typedef {string | number | boolean | null} Value
 * @typedef {Record<string, Value>} SalesforceRecord
 * @typedef {(record: SalesforceRecord) => boolean} Condition
 * @typedef {object} Query
 * @property {string[]} fields
 * @property {boolean} isCount
 * @property {string} objectType
 * @property {Condition} where
 * @property {{ field: string, direction: 1 | -1 }[]} orderBy
 * @property {number} limit
 * @property {number} offset
 */

/** What is wrong with a query, in Salesforce's manner: the code, then what was expected where. */
export class SoqlError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(`MALFORMED_QUERY: ${message}`);
  }
}

/** Conditions in conditions, so that no query can overflow the stack. */
const depthMax = 50;

const tokenPattern =
  /\s*(?:('(?:[^'\\]|\\.)*')|(-?\d+(?:-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?|\.\d+)?)|([A-Za-z_][\w.]*)|(!=|<=|>=|<>|[=<>(),]))/y;

/** @typedef {{ kind: "string" | "number" | "date" | "word" | "sign", text: string, at: number }} Token */

/** @param {string} text @returns {Token[]} */
function toTokens(text) {
  /** @type {Token[]} */
  const tokens = [];
  tokenPattern.lastIndex = 0;
  const end = text.trimEnd().length;
  let at = 0;
  while (at < end) {
    const match = tokenPattern.exec(text);
    if (match === null)
      throw new SoqlError(`unexpected "${text.slice(at).trim().slice(0, 20)}" at character ${at + 1}`);
    at += match[0].length - match[0].trimStart().length;
    const [, quoted, number, word, sign] = match;
    if (quoted !== undefined) tokens.push({ kind: "string", text: quoted.slice(1, -1).replace(/\\(.)/g, "$1"), at });
    else if (number !== undefined) tokens.push({ kind: /\d-/.test(number) ? "date" : "number", text: number, at });
    else if (word !== undefined) tokens.push({ kind: "word", text: word, at });
    else tokens.push({ kind: "sign", text: sign ?? "", at });
    at = tokenPattern.lastIndex;
  }
  return tokens;
}

/**
 * @param {string} text
 * @returns {Query}
 * @throws {SoqlError}
 */
export function parseSoql(text) {
  const tokens = toTokens(text);
  let position = 0;

  /** @param {string} expected @returns {never} */
  const fail = (expected) => {
    const token = tokens[position];
    throw new SoqlError(
      `expected ${expected}, got ${token === undefined ? "the end of the query" : `"${token.text}" at character ${token.at + 1}`}`,
    );
  };
  /** @param {string} word */
  const isNext = (word) => {
    const token = tokens[position];
    return token !== undefined && token.kind !== "string" && token.text.toUpperCase() === word;
  };
  /** @param {string} word @returns {boolean} whether it was there */
  const take = (word) => {
    const taken = isNext(word);
    if (taken) position += 1;
    return taken;
  };
  /** @param {string} word */
  const need = (word) => {
    if (!take(word)) fail(word);
  };
  /** @param {string} what */
  const takeName = (what) => {
    const token = tokens[position];
    if (token?.kind !== "word") return fail(what);
    position += 1;
    return token.text;
  };
  /** @returns {Value} */
  const takeValue = () => {
    const token = tokens[position];
    if (token === undefined || token.kind === "sign") return fail("a value");
    position += 1;
    if (token.kind === "number") return Number(token.text);
    if (token.kind !== "word") return token.text;
    const known = new Map(Object.entries({ true: true, false: false, null: null })).get(token.text.toLowerCase());
    if (known !== undefined) return known;
    position -= 1;
    return fail("a value (strings are written in single quotes)");
  };
  /** @param {string} what */
  const takeCount = (what) => {
    const token = tokens[position];
    if (token?.kind !== "number" || !/^\d+$/.test(token.text)) return fail(`a whole number after ${what}`);
    position += 1;
    return Number(token.text);
  };
  const takeList = () => {
    need("(");
    const values = [takeValue()];
    while (take(",")) values.push(takeValue());
    need(")");
    return values;
  };

  /** @param {number} depth @returns {Condition} */
  const takeCondition = (depth) => {
    if (depth > depthMax) throw new SoqlError(`conditions are nested deeper than ${depthMax}`);
    const first = takeTerm(depth);
    const joiner = isNext("AND") ? "AND" : isNext("OR") ? "OR" : undefined;
    if (joiner === undefined) return first;
    const terms = [first];
    while (take(joiner)) terms.push(takeTerm(depth));
    if (isNext("AND") || isNext("OR")) fail("brackets around mixed AND and OR");
    return joiner === "AND"
      ? (record) => terms.every((term) => term(record))
      : (record) => terms.some((term) => term(record));
  };
  /** @param {number} depth @returns {Condition} */
  const takeTerm = (depth) => {
    if (depth > depthMax) throw new SoqlError(`conditions are nested deeper than ${depthMax}`);
    if (take("NOT")) {
      const term = takeTerm(depth + 1);
      return (record) => !term(record);
    }
    if (take("(")) {
      const condition = takeCondition(depth + 1);
      need(")");
      return condition;
    }
    return takeComparison(takeName("a field name"));
  };
  /** @param {string} field @returns {Condition} */
  const takeComparison = (field) => {
    if (take("LIKE")) {
      const pattern = takeValue();
      if (typeof pattern !== "string") return fail("a string after LIKE");
      return (record) => isLike(String(readField(record, field) ?? ""), pattern);
    }
    const negated = take("NOT");
    if (negated || isNext("IN")) {
      need("IN");
      const values = takeList();
      return (record) => values.some((value) => isEqual(readField(record, field), value)) !== negated;
    }
    for (const [sign, holds] of comparisons) {
      if (!take(sign)) continue;
      const value = takeValue();
      return (record) => holds(readField(record, field), value);
    }
    return fail("a comparison (=, !=, <, >, <=, >=, LIKE, IN, NOT IN)");
  };

  need("SELECT");
  const isCount = isNext("COUNT");
  /** @type {string[]} */
  const fields = [];
  if (isCount) {
    position += 1;
    need("(");
    if (!isNext(")")) takeName("a field name or )");
    need(")");
  } else {
    do fields.push(takeName("a field name"));
    while (take(","));
  }
  need("FROM");
  const objectType = takeName("an object name");
  const where = take("WHERE") ? takeCondition(0) : () => true;
  /** @type {Query["orderBy"]} */
  const orderBy = [];
  if (take("ORDER")) {
    need("BY");
    do {
      const field = takeName("a field name");
      const isDescending = take("DESC");
      if (!isDescending) take("ASC");
      orderBy.push({ field, direction: isDescending ? -1 : 1 });
    } while (take(","));
  }
  const limit = take("LIMIT") ? takeCount("LIMIT") : Infinity;
  const offset = take("OFFSET") ? takeCount("OFFSET") : 0;
  if (position < tokens.length) fail("the end of the query");
  return { fields, isCount, objectType, where, orderBy, limit, offset };
}

/**
 * The records that the query selects, with its fields only; for COUNT() one record { expr0: n }.
 * @param {Query} query
 * @param {readonly SalesforceRecord[]} records
 * @returns {SalesforceRecord[]}
 */
export function runSoql(query, records) {
  const matching = records.filter(query.where);
  if (query.isCount) return [{ expr0: matching.length }];
  const ordered = matching.toSorted((a, b) => {
    for (const { field, direction } of query.orderBy) {
      const order = compare(readField(a, field), readField(b, field));
      if (order !== 0) return order * direction;
    }
    return 0;
  });
  return ordered
    .slice(query.offset, query.offset + query.limit)
    .map((record) =>
      Object.fromEntries(query.fields.map((field) => [toFieldName(record, field), readField(record, field)])),
    );
}

/** @type {[string, (left: Value, right: Value) => boolean][]} */
const comparisons = [
  ["=", isEqual],
  ["!=", (left, right) => !isEqual(left, right)],
  ["<>", (left, right) => !isEqual(left, right)],
  ["<=", (left, right) => left !== null && compare(left, right) <= 0],
  [">=", (left, right) => left !== null && compare(left, right) >= 0],
  ["<", (left, right) => left !== null && compare(left, right) < 0],
  [">", (left, right) => left !== null && compare(left, right) > 0],
];

/** Field names ignore case, as in Salesforce. @param {SalesforceRecord} record @param {string} field @returns {string} */
function toFieldName(record, field) {
  const name = Object.keys(record).find((each) => each.toLowerCase() === field.toLowerCase());
  if (name === undefined) throw new SoqlError(`no such column '${field}'. Columns: ${Object.keys(record).join(", ")}`);
  return name;
}

/** @param {SalesforceRecord} record @param {string} field @returns {Value} */
function readField(record, field) {
  return record[toFieldName(record, field)] ?? null;
}

/** @param {Value} left @param {Value} right @returns {boolean} */
function isEqual(left, right) {
  if (typeof left === "string" && typeof right === "string") return left.toLowerCase() === right.toLowerCase();
  return left === right;
}

/** @param {Value} left @param {Value} right @returns {number} */
function compare(left, right) {
  if (left === right) return 0;
  if (left === null) return -1;
  if (right === null) return 1;
  if (typeof left === "number" && typeof right === "number") return left - right;
  const [a, b] = [String(left).toLowerCase(), String(right).toLowerCase()];
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * LIKE with % and _, case ignored; by two pointers, so that no pattern takes more than length × length steps.
 * @param {string} text
 * @param {string} pattern
 * @returns {boolean}
 */
function isLike(text, pattern) {
  const [value, like] = [text.toLowerCase(), pattern.toLowerCase()];
  let at = 0;
  let patternAt = 0;
  let star = -1;
  let resume = 0;
  while (at < value.length) {
    if (like[patternAt] === "%") {
      star = patternAt;
      resume = at;
      patternAt += 1;
    } else if (like[patternAt] === "_" || like[patternAt] === value[at]) {
      at += 1;
      patternAt += 1;
    } else if (star >= 0) {
      resume += 1;
      at = resume;
      patternAt = star + 1;
    } else return false;
  }
  while (like[patternAt] === "%") patternAt += 1;
  return patternAt === like.length;
}
