/** Where personal data stands in a text: UTF-16 offsets, `end` exclusive. */
export interface Finding {
  start: number;
  end: number;
  /** The class: `EMAIL`, or one of the user's own. */
  class: string;
  /** The value that this is another form of, as it is known. */
  of?: string;
  /** More than a value: one with what stands around it, or several. It is replaced, and looked for nowhere else. */
  isMixed?: boolean;
}
