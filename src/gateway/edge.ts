/** Why a class may go from its origins to a tool, or that it needs a person, or that it may not. */
export type EdgeVerdict = "return" | "rule" | "remembered" | "matching" | "open" | "ask" | "deny";

/** Personal data of one class on its way from servers to a tool. */
export interface Edge {
  class: string;
  from: string[];
  tokens: string[];
  paths: string[];
  verdict: EdgeVerdict;
}
