// The tokenizer of the built package: the same that counts for `sluice stats`.
/** @type {{ countTokens: (text: string) => number }} exact o200k tokens */
export const { countTokens } = await import(new URL("../dist/runtime/tokenizer.js", import.meta.url).href);

/** @typedef {{ server: string, name: string, input: Record<string, unknown> }} Call */
/** @typedef {{ definitions: number, input: number, output: number, total: number, calls: number, turns: number, ms: number }} Cost */
/** @typedef {(call: Call) => Promise<string>} Caller answers what a model would read of the result; throws for an error result */

/**
 * A conversation with a model, kept to count it: nobody thinks here, every turn's calls are given by a script. Each turn
 * sends the definitions and the whole conversation so far as input; what the model writes (calls as JSON with name and
 * input, the answer) is output, and belongs to the conversation from then on, like the results.
 */
export class Conversation {
  #definitions;
  #caller;
  #conversation = 0;
  #input = 0;
  #output = 0;
  #calls = 0;
  #turns = 0;
  #ms = 0;

  /**
   * @param {number} definitions tokens of all tool definitions
   * @param {Caller} caller
   */
  constructor(definitions, caller) {
    this.#definitions = definitions;
    this.#caller = caller;
  }

  /** The user says something. @param {string} text */
  ask(text) {
    this.#conversation += countTokens(text);
  }

  /**
   * One turn in which the model calls tools, all of them at once.
   * @param {Call[]} calls
   * @returns {Promise<string[]>} the results, in the order of the calls
   */
  async call(calls) {
    const written = calls.reduce((sum, { name, input }) => sum + countTokens(JSON.stringify({ name, input })), 0);
    this.#turn(written);
    this.#calls += calls.length;
    const started = performance.now();
    const results = await Promise.all(calls.map(this.#caller));
    this.#ms += performance.now() - started;
    for (const result of results) this.#conversation += countTokens(result);
    return results;
  }

  /** Time that passes between two turns of this agent, beside the calls. @param {number} ms */
  async pass(ms) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.#ms += ms;
  }

  /** One turn in which the model answers the user. @param {string} text */
  answer(text) {
    this.#turn(countTokens(text));
  }

  /** @returns {Cost} summed over all turns; `definitions` is one turn's share, and part of `input` in every turn */
  cost() {
    return {
      definitions: this.#definitions,
      input: this.#input,
      output: this.#output,
      total: this.#input + this.#output,
      calls: this.#calls,
      turns: this.#turns,
      ms: Math.round(this.#ms),
    };
  }

  /** @param {number} written tokens that the model writes */
  #turn(written) {
    this.#input += this.#definitions + this.#conversation;
    this.#output += written;
    this.#conversation += written;
    this.#turns += 1;
  }
}

/**
 * Tokens of a tool's definition, as a client sends it to a model.
 * @param {{ name: string, description?: string | undefined, inputSchema: object }} tool
 */
export function countDefinition({ name, description, inputSchema }) {
  return countTokens(JSON.stringify({ name, description, input_schema: inputSchema }));
}

/** @param {{ type: string, text?: string }[]} content */
export function toText(content) {
  return content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
}

/**
 * What a client gives a model of an answer: the text. Where the text only points to the structured content, that counts.
 * @param {string} server
 * @param {{ content: { type: string, text?: string }[], structuredContent?: unknown }} answer
 */
export function toModelText(server, { content, structuredContent }) {
  const text = toText(content);
  const structured = structuredContent === undefined ? "" : JSON.stringify(structuredContent);
  return server === "sluice" && structured.length > text.length ? structured : text;
}
