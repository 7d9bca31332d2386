import type { Json } from "./json.ts";

/** Well-formed Unicode without control characters but newline and tab; see `gateway/to-model.ts`. */
export declare function toModelText(text: string): string;
/** Every string and key of a value through `toModelText`. */
export declare function toModelJson(value: Json): Json;
/** How many characters of JSON a preview shows of one end. */
export declare function partOf(previewBytes: number): number;
/** What a value is and how it begins; `json` is its JSON. */
export declare function previewOf(value: Json, json: string, previewBytes: number): { about: string; shown: string };
/** The first and last lines of a text that fit into `part` characters each. */
export declare function firstAndLast(text: string, part: number): string;
