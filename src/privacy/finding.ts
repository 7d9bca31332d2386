/** Where personal data stands in a text: UTF-16 offsets, `end` exclusive. */
export interface Finding {
  start: number;
  end: number;
  /** The class: `EMAIL`, or one of the user's own. */
  class: string;
  /** The value that this is another form of, as it is known. */
  of?: string;
}
