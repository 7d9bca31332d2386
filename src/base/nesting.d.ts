import type { Json } from "./json.ts";

/** Whether a value is nested more than `depthMax` times; looks no deeper than that. */
export declare function isNestedDeeper(value: Json, depthMax: number): boolean;
