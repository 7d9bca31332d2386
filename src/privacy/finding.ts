/** Where personal data stands in a text: UTF-16 offsets, `end` exclusive. */
export interface Finding {
  start: number;
  end: number;
  /** The class: `EMAIL`, or one of the user's own. */
  class: string;
  /** The value that this is another form of, as it is known. */
  of?: string;
  /** How JSON has it there, if it would not write the text so by itself: a string with its quotes, a number, a list or an object. */
  json?: string;
  /** In how many strings of JSON, each in the next, it is there. */
  layers?: number;
  /** It is percent-encoded there, or would be: so is its token. */
  isEncoded?: boolean;
  /** What its token needs around it there to be a string. */
  quote?: string;
  /** More than a value: one with what stands around it, or several. It is replaced, and looked for nowhere else. */
  isMixed?: boolean;
}
