import { createRequire } from "node:module";

/** Words by what they are in running text, in lower case. */
export interface NameLexicon {
  given: ReadonlySet<string>;
  family: ReadonlySet<string>;
  /** Words of the language, places and organisations: no part of a name unless something else says so. */
  plain: ReadonlySet<string>;
}

const given = new Set(["FirstName", "MaleName", "FemaleName"]);
/** First names that are words, months or places as often. */
const ambiguous = new Set(
  (
    "may april june july august summer autumn winter grace hope faith joy will mark bill frank rose ruby jade angel chase art " +
    "gene paris london victoria sydney florence austin houston dallas madison jordan chad georgia virginia carolina asia " +
    "india china israel star crystal amber max jack drew miles rich guy dick don grant dale glen cliff heath clay forest hunter mason " +
    "carter cooper parker taylor porter sawyer archer chance ace major king prince duke earl baron dean bishop pope case " +
    "ray sky skye storm rain river lane brook brooke ivy iris lily daisy violet olive holly hazel heather fern ginger " +
    "pepper sage basil rosemary jasmine pearl opal gem destiny harmony melody aria carol christian trinity genesis eden nova " +
    "luna stella aurora dawn eve noel christmas penny cash sterling pat sue rob bob jay dee bea kit kat ali al ed jo sam alexa siri " +
    "cortana claude devon kent lincoln jackson washington hamilton kennedy reagan clinton carson harper quinn riley wesley dominic " +
    "mercedes tesla lexus porsche tiffany chanel dior mac apple mars venus jupiter phoenix orion atlas ryan delta see an long van in " +
    "so my son page sung man sunny buddy rusty sandy misty rocky woody happy honey candy cookie so bay maria la santa rio java ruby perl rust julia swift kali jenkins " +
    "travis docker sol paz cruz mar royal reed colt cole mike oscar romeo juliet victor charlie echo lima papa sierra"
  ).split(" "),
);
/** Chinese family names in Latin letters: they come first. */
const chinese =
  "wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin guo ma luo liang song zheng xie han tang feng yu dong xiao cheng cao yuan deng fu shen zeng peng lu su jiang cai jia ding wei xue ye yan pan du dai xia zhong tian ren fan fang shi yao tan liao zou xiong jin hao kong bai cui kang mao qiu qin gu hou shao meng wan duan lei qian yin chang qiao lai gong wen".split(
    " ",
  );

/** The names and words that the compromise library knows; reading them takes a third of a second, so only prose asks. */
export function loadNameLexicon(): NameLexicon & { ambiguous: ReadonlySet<string>; chinese: ReadonlySet<string> } {
  const require = createRequire(import.meta.url);
  const nlp = require("compromise/two") as { model: () => { one: { lexicon: Record<string, string | string[]> } } };
  const lexicon = { given: new Set<string>(), family: new Set<string>(), plain: new Set<string>() };
  for (const [word, tags] of Object.entries(nlp.model().one.lexicon)) {
    const all = Array.isArray(tags) ? tags : [tags];
    if (all.some((tag) => given.has(tag))) lexicon.given.add(word);
    else if (all.includes("LastName")) lexicon.family.add(word);
    else if (!all.includes("Person") && !all.includes("Honorific")) lexicon.plain.add(word);
  }
  return { ...lexicon, ambiguous, chinese: new Set(chinese) };
}
