import { SluiceError } from "../base/errors.ts";
import { isJsonObject, type Json } from "../base/json.ts";
import type { SearchOptions } from "./sluice.ts";

const NAMES = ["detail", "limit", "server"];
const DETAILS = ["name", "summary", "full"];

/** A search as somebody asked for it, who may have written anything. Throws `invalid_input`. */
export function readSearch(query: unknown, options: unknown): { query: string; options: SearchOptions } {
  if (typeof query !== "string") throw toInvalid(`the query must be a string, got ${toKind(query)}`);
  if (options === undefined || options === null) return { query, options: {} };
  if (!isJsonObject(options)) throw toInvalid(`the options must be an object, got ${toKind(options)}`);
  const unknown = Object.keys(options).find((name) => options[name] !== undefined && !NAMES.includes(name));
  if (unknown !== undefined)
    throw toInvalid(`there is no option ${JSON.stringify(unknown.slice(0, 60))}; there are ${NAMES.join(", ")}`);
  const { detail, limit, server } = options as Record<string, Json | undefined>;
  if (detail !== undefined && !(typeof detail === "string" && DETAILS.includes(detail)))
    throw toInvalid(`detail must be "name", "summary" or "full", got ${toShown(detail)}`);
  if (limit !== undefined && !(typeof limit === "number" && limit >= 1))
    throw toInvalid(`limit must be a whole number from 1, got ${toShown(limit)}`);
  if (server !== undefined && typeof server !== "string")
    throw toInvalid(`server must be the name of one, got ${toShown(server)}`);
  return {
    query,
    options: {
      ...(detail === undefined ? {} : { detail: detail as NonNullable<SearchOptions["detail"]> }),
      ...(limit === undefined ? {} : { limit: Math.floor(limit) }),
      ...(server === undefined ? {} : { server }),
    },
  };
}

function toInvalid(what: string): SluiceError {
  return new SluiceError("invalid_input", `Cannot search: ${what}`);
}

/** What somebody gave in place of something else, short enough for a message. */
export function toShown(value: unknown): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" || typeof value === "boolean" ? JSON.stringify(value).slice(0, 60) : toKind(value);
}

function toKind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
