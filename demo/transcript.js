import { createRandom } from "./random.js";

// A grammar of a sales meeting: <name> is replaced by one of the phrases of that name, until none is left.
/** @type {Map<string, readonly string[]>} */
const grammar = new Map(
  Object.entries({
    system: [
      "the order desk",
      "the returns portal",
      "the pricing engine",
      "the warehouse scanner app",
      "the partner portal",
      "the billing run",
      "the nightly export",
      "the customer master",
      "the forecast sheet",
      "the shipping dashboard",
      "the invoice archive",
      "the quote builder",
    ],
    team: [
      "the Rotterdam team",
      "our finance people",
      "the night shift",
      "the regional managers",
      "our platform group",
      "customer care",
      "the data office",
      "procurement",
      "the two field engineers",
      "the new operations lead",
      "legal",
      "our support desk in Porto",
    ],
    thing: [
      "the migration plan",
      "the pilot",
      "the data model",
      "the security review",
      "the training schedule",
      "the rollout order",
      "the service level",
      "the integration layer",
      "the reporting pack",
      "the price book",
      "the approval flow",
      "the audit trail",
    ],
    number: [
      "forty",
      "about two hundred",
      "roughly twelve hundred",
      "three",
      "close to nine thousand",
      "sixteen",
      "half a million",
      "seven or eight",
      "twenty-six",
      "eleven",
      "a couple of hundred",
      "thirty-five",
    ],
    unit: [
      "orders a day",
      "open tickets",
      "manual corrections a week",
      "users",
      "price lists",
      "warehouses",
      "exceptions per month",
      "late shipments",
      "spreadsheet copies",
      "partner accounts",
      "credit notes",
      "interface jobs",
    ],
    when: [
      "by the end of the quarter",
      "before the holidays",
      "in the second sprint",
      "after the audit",
      "within six weeks",
      "in January",
      "before the board meets",
      "once the freeze is over",
      "next Thursday",
      "by mid March",
      "in the first half of the year",
      "as soon as the contract is signed",
    ],
    cost: [
      "four hundred a seat",
      "a fixed fee for the pilot",
      "eighteen thousand for the first phase",
      "two extra headcount",
      "a day and a half of downtime",
      "nine percent on top of licences",
      "one full release cycle",
      "about sixty hours of work",
      "the support retainer",
      "a third of this year's budget",
    ],
    problem: [
      "nobody trusts the stock figure after lunch",
      "the same address exists three times",
      "approvals sit in somebody's inbox for days",
      "the export drops every line with a comma in it",
      "we cannot tell which version of the price list was sent",
      "the scanner loses its session between aisles",
      "credit limits are checked after the goods have left",
      "every region has its own word for a cancelled order",
      "we find out about a failed delivery from the customer",
      "month end needs two people and a long weekend",
      "the forecast is copied by hand from four places",
      "refunds wait for a signature that is never urgent to anyone",
    ],
    wish: [
      "one place where the status is right",
      "an answer in under a second at the counter",
      "an export that finance can read without us",
      "a way back if the first week goes badly",
      "names on every change, with the time",
      "fewer screens for the people on the floor",
      "a warning before the limit and not after it",
      "the partner to see exactly what we see",
      "the numbers to match the ledger to the cent",
      "a trial with our own ugliest data",
    ],
    praise: [
      "the demo with our own records",
      "how quickly the sandbox came up",
      "the way exceptions are listed",
      "that the prices can be dated",
      "the field mapping you sent on Monday",
      "that it runs beside the old system",
      "the plain language in the contract",
      "the recovery exercise",
    ],
    doubt: [
      "whether the interface keeps up on a Monday morning",
      "what happens when the line to the warehouse is down",
      "who owns the data after the contract ends",
      "how we get out of it again",
      "whether two languages on one screen will work",
      "if the reporting pack covers the old product codes",
      "how long the first full load really takes",
      "whether the audit will accept an electronic signature",
    ],
    detail: [
      "We measured it twice in October and got <number> <unit> both times.",
      "Last year that cost us <cost>, and that was a good year.",
      "It was <number> <unit> in the spring and it has not got better since.",
      "There is a page about it in the handover notes, section <number>, but nobody has read it.",
      "I asked <team> and they said <number> <unit>, give or take.",
      "If I remember correctly it is <number> <unit> on a normal Tuesday.",
      "The contract says <when>, and I would like to keep to that.",
      "We had <team> look at it for a week, and they came to the same result.",
    ],
    statement: [
      "For us the real issue with <system> is that <problem>.",
      "When we looked at <system> together with <team>, what stood out was that <problem>.",
      "I would start with <system>, because <problem>, and <team> feel that first.",
      "Honestly, <thing> worries me less than <system>, where <problem>.",
      "What <team> want from this is <wish>, and I think that is fair.",
      "If <thing> slips past <when>, then <team> will go back to <system> and we are where we started.",
      "My proposal is that <team> take over <thing> <when>, and we keep <system> as it is until then.",
      "We ran <system> in parallel for a month and the difference was <number> <unit>.",
      "I liked <praise>, and I heard the same from <team>.",
      "The budget for <thing> is <cost>, and anything beyond that has to go to the board <when>.",
      "There are <number> <unit> that go through <system>, and each of them touches <thing> at least once.",
      "Nobody in <team> has asked for more features; they have asked for <wish>.",
    ],
    question: [
      "Can you say <doubt>?",
      "Who in <team> would sign off <thing>?",
      "Is <when> realistic for <thing>, or is that the optimistic version?",
      "Do we need <team> in the room before we decide on <thing>?",
      "What would <wish> mean for <system>?",
      "How did the other customers handle <system> when they had <number> <unit>?",
      "And if <problem> again, what do we do on that day?",
      "Would <cost> cover <thing> completely?",
    ],
    reply: [
      "Yes, with one condition: <thing> has to be finished first.",
      "Not <when>, no, but soon after that.",
      "I would rather show it than promise it, so let us put <system> into the pilot.",
      "That depends on <team>, and I can ask them this afternoon.",
      "In the last two projects it was <number> <unit>, and it went well both times.",
      "We do, and it is written into <thing>.",
      "Partly. The part about <system> is solved; the part about <doubt> is open.",
      "I do not know <doubt>, and I will come back with an answer <when>.",
    ],
    filler: [
      "Right.",
      "Let me take that one.",
      "Just to add to this.",
      "Fair point.",
      "Sorry, I was on mute.",
      "Before we move on.",
      "Going back a step.",
      "I have it in front of me here.",
      "Let me be direct about this.",
      "Thank you, that helps.",
    ],
    utterance: [
      "<filler> <statement> <detail>",
      "<statement> <detail> <question>",
      "<reply> <detail> <statement>",
      "<reply> <statement>",
      "<statement> <statement> <detail>",
      "<filler> <question>",
      "<question> <detail>",
      "<filler> <reply> <detail> <statement>",
    ],
    task: [
      "send <team> the figures for <system>",
      "write down how <thing> is tested",
      "find out <doubt>",
      "book a workshop with <team> about <thing>",
      "prepare an offer for <cost>",
      "check <thing> with <team>",
      "draft the exit clause for <thing>",
      "collect <number> real cases from <system>",
    ],
  }),
);

const speakers = [
  "Dana Whitfield (Northwind Trading, COO)",
  "Tomasz Lewandowski (Northwind Trading, IT)",
  "Ines Carvalho (Northwind Trading, Finance)",
  "Marcus Bell (Account Executive)",
  "Yuki Tanabe (Solutions Engineer)",
];

const agenda = [
  "Introductions and goals",
  "Where the order process hurts today",
  "Walk through the current systems",
  "Live demo on Northwind's own records",
  "Data migration",
  "Security and audit",
  "Integration with the warehouse",
  "Training and change",
  "Pilot scope",
  "Commercials",
  "Risks and exit",
  "Next steps",
];

/**
 * The transcript of a two-hour sales meeting, about 100,000 characters: a line with time and speaker, then what was said.
 * @param {number} seed
 * @returns {string}
 */
export function makeTranscript(seed) {
  const random = createRandom(seed);
  /** @param {string} phrase @returns {string} */
  const expand = (phrase) =>
    phrase.replace(/<(\w+)>/g, (whole, name) => {
      const phrases = grammar.get(name);
      return phrases === undefined ? whole : expand(random.pick(phrases));
    });
  const utterances = 360;
  const perItem = utterances / agenda.length;
  const lines = [
    "Northwind Trading: evaluation meeting, 12 November 2026, 14:00 to 16:00",
    "Recorded and transcribed automatically.",
    "",
  ];
  let speaker = 0;
  for (let index = 0; index < utterances; index += 1) {
    if (index % perItem === 0) lines.push(`## ${agenda[index / perItem]}`, "");
    speaker = (speaker + random.integer(1, speakers.length - 1)) % speakers.length;
    const second = Math.round((index * 7_190) / utterances) + random.integer(0, 8);
    const isLast = index % perItem === perItem - 1;
    const said = isLast
      ? `Action item for ${speakers[speaker]?.split(" (")[0]}: ${expand("<task> <when>")}.`
      : capitalise(expand("<utterance>"));
    lines.push(`[${toClock(second)}] ${speakers[speaker]}: ${said}`, "");
  }
  return lines.join("\n");
}

/** @param {string} text @returns {string} */
function capitalise(text) {
  return text.replace(/(^|[.?!] )([a-z])/g, (_, before, letter) => before + letter.toUpperCase());
}

/** @param {number} second @returns {string} */
function toClock(second) {
  const parts = [Math.floor(second / 3_600), Math.floor(second / 60) % 60, second % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
