import { toValueRow } from "../parts/figures.mjs";

const STALL_MS = 20;

/** Two lines about how long the host stood still. @param {string} when @param {import("../parts/stall.mjs").Stall} stall */
export function toStalls(when, { stallMs, ownMs }) {
  return [
    toValueRow(`longest host stall ${when}`, "ms", stallMs, { max: STALL_MS }),
    toValueRow(`  by its own doing (${when})`, "ms", ownMs),
  ];
}
