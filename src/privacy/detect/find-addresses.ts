import type { Report } from "./candidate.ts";
import { isWordAt } from "./surroundings.ts";

const BACK_MAX = 90;
const AHEAD_MAX = 90;
const tokensMax = 12;

/** A street's name and number, in the forms of English, French, German, Dutch, the Nordic, Iberian and Italian languages. */
const streets: readonly RegExp[] = [
  // 651 Brisa Terrace, 12-14 St. James's Rd
  /(?<![\p{L}\p{N}.,#-])\d{1,6}[A-Za-z]?(?:-\d{1,4})? (?:[NSEW]\.? |North |South |East |West )?(?:[\p{Lu}\d][\p{L}\p{M}\d.'’-]{0,24} ){1,4}(?:Streets?|St|Avenue|Ave|Roads?|Rd|Lane|Ln|Drive|Dr|Ways?|Court|Ct|Boulevard|Blvd|Square|Sq|Place|Pl|Terrace|Ter|Parkway|Pkwy|Highway|Hwy|Close|Crescent|Cres|Circle|Cir|Trail|Trl|Alley|Walk|Row|Mews|Gardens|Grove|Hill|Rise|View|Path|Plaza|Pike|Loop|Run|Ridge|Crossing|Green|Wynd|Wharf|Parade|Turnpike|Expressway|Bypass|Quay|Vale|Glen|Fall|Falls|Junction|Knoll|Manor|Meadow|Meadows|Mount|Orchard|Park|Passage|Point|Port|Prairie|Radial|Ramp|Spur|Station|Stravenue|Stream|Summit|Throughway|Track|Trace|Union|Valley|Via|Village|Ville|Vista|Well|Wells)(?![\p{L}\p{N}])\.?/gu,
  // 3 bis impasse de Richelieu
  /(?<![\p{L}\p{N}.,#-])\d{1,5}(?: ?(?:bis|ter|quater|[A-D]))?,? (?:[Rr]ue|[Aa]venue|[Aa]v\.|[Ii]mpasse|[Bb]oulevard|[Bb]oul\.|[Bb]d\.?|[Pp]lace|[Aa]llée|[Cc]hemin|[Qq]uai|[Rr]oute|[Cc]ours|[Pp]assage|[Ss]quare|[Vv]oie|[Rr]ang|[Mm]ontée|[Cc]ôte) (?:(?:de|du|des|la|le|les|l['’]|d['’]|aux?|à|en|sur) ?){0,3}[\p{Lu}\d][\p{L}\p{M}\d'’.-]{0,30}(?: (?:(?:de|du|des|la|le|les|et) )?[\p{Lu}][\p{L}\p{M}'’.-]{0,30}){0,4}/gu,
  // Karl-Carstens-Ring 36, van de Veldenstraat 710b, Storgatan 5
  /(?<![\p{L}\p{N}])(?:[\p{Lu}\d][\p{L}\p{M}.'’-]{0,24} |van |de |den |der |In |Am |An |Im |Auf |Zum |Zur |het |'t ){0,3}[\p{Lu}][\p{L}\p{M}'’.-]{0,30}(?:stra(?:ß|ss)e|straße|str\.|weg|platz|allee|gasse|damm|ufer|steig|stieg|pfad|straat|laan|plein|kade|gracht|dijk|steeg|singel|gatan|vägen|veien|vegen|gade|katu|utca|sokak|sokağı|caddesi|ulica|iela|[ -](?:Stra(?:ß|ss)e|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer)) \d{1,5} ?[a-zA-Z]?(?![\p{L}\d])(?: [IVX]{1,4}(?![\p{L}]))?/gu,
  // Calle Mayor 5, Via Franscini 71, Rua das Flores, 12, ul. Długa 7
  /(?<![\p{L}\p{N}])(?:Calle|C\/|Avenida|Avda\.?|Av\.|Paseo|Plaza|Pza\.?|Camino|Carretera|Ctra\.?|Ronda|Travesía|Via|Viale|V\.le|Piazza|P\.za|Corso|Largo|Vicolo|Strada|Rua|R\.|Travessa|Praça|Alameda|Estrada|ul\.|Ulica|al\.|Aleja|os\.|pl\.|Str\.|Strada|Bulevardul|Rúa|Carrer|Passeig|улица|ул\.|проспект|пр\.) ?(?:(?:de|del|della|delle|dei|da|do|das|dos|la|las|los|el|d['’]|dell['’]) ?){0,3}[\p{Lu}][\p{L}\p{M}'’.-]{0,30}(?: (?:(?:de|del|da|do|la|y|e|i) )?[\p{Lu}][\p{L}\p{M}'’.-]{0,30}){0,4},? (?:n[º°.]? ?|č\. ?)?(?:\d{1,5} ?[a-zA-Z]?(?![\p{L}\d])|s\/n\.?)/gu,
  /(?<![\p{L}])P\.? ?O\.? ?Box \d{1,6}/gu,
];
/** A postal code with its town says that what is before it is an address, whatever the street is called. */
const tails: readonly RegExp[] = [
  // , Purdyworth, IL 08624
  /, ?[\p{Lu}][\p{L}\p{M}'’. -]{1,40}, ?[A-Z]{2} \d{5}(?:-\d{4})?(?!\d)/gu,
  // , Purdyworth, ZE9 9LY
  /, ?[\p{Lu}][\p{L}\p{M}'’. -]{1,40}, ?[A-Z]{1,2}\d[A-Z\d]? \d[A-Z\d]{2}(?![\p{L}\d])/gu,
  // , 9184 IF Zelder; , 72171 Hohlstadt; , 98848 Villeurbanne
  /, ?(?:[A-Z]{1,2}-)?\d{4,5}(?: [A-Z]{2})? [\p{Lu}][\p{L}\p{M}'’-]{1,30}(?:[ -](?:(?:am|an|der|im|de|la|del|sur|les|le|sous|en) )?[\p{Lu}][\p{L}\p{M}'’-]{1,30}){0,3}/gu,
];

/** "January 1, 1970 Universal Time" has the form of an address. */
const month = /^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d/;

/** Postal addresses in running text; only asked for with the class ADDRESS. Looks where digits are. */
export function findAddresses(text: string, report: Report): void {
  let start = 0;
  let end = -1;
  for (const { index } of text.matchAll(/[0-9]+|s\/n/g)) {
    if (end === -1) start = Math.max(0, index - BACK_MAX);
    else if (index - BACK_MAX > end) {
      findIn(text.slice(start, end), start, report);
      start = index - BACK_MAX;
    }
    end = index + AHEAD_MAX;
  }
  if (end !== -1) findIn(text.slice(start, end), start, report);
}

function findIn(part: string, offset: number, report: Report): void {
  for (const street of streets) {
    for (const { index, 0: surface } of part.matchAll(street))
      report(
        "ADDRESS",
        offset + index + (/^de[rnm] /.test(surface) ? 4 : 0),
        offset + toEnd(part, index + surface.length),
        2,
      );
  }
  for (const tail of tails) {
    for (const { index, 0: surface } of part.matchAll(tail)) {
      const start = toStart(part, index);
      if (start < index && !month.test(part.slice(start, index)) && /\d|s\/n/u.test(part.slice(start, index)))
        report("ADDRESS", offset + start, offset + index + surface.length, 2);
    }
  }
}

/** Back from the comma over words with capitals, numbers and small words between them. */
function toStart(text: string, comma: number): number {
  const from = Math.max(0, comma - BACK_MAX);
  const before = text.slice(from, comma);
  const tokens = before.split(" ");
  let length = 0;
  let counted = 0;
  for (let at = tokens.length - 1; at >= 0 && counted < tokensMax; at -= 1, counted += 1) {
    const token = tokens[at] ?? "";
    if (
      !/^(?:[\p{Lu}\d][\p{L}\p{M}\d.,'’/-]*|s\/n\.?,?|van|von|de|den|der|del|della|du|des|la|le|les|el|da|do|das|dos|di|d['’]\p{Lu}.*|l['’]\p{Lu}.*|rue|avenue|impasse|boulevard|place|allée|chemin|quai|route|cours|passage|bis|ter|het|'t|in|am|an|im|zum|zur|y|e|of|the|St\.?)$/u.test(
        token,
      )
    )
      break;
    length += token.length + (at === tokens.length - 1 ? 0 : 1);
  }
  let start = comma - length;
  // A small word at the beginning belongs to the sentence: "in", "the".
  for (
    let small = /^(?:(?:in|an|am|im|of|the|der|den|dem|y|e) |[\s,.])/u.exec(text.slice(start, comma));
    small !== null;
    small = /^(?:(?:in|an|am|im|of|the|der|den|dem|y|e) |[\s,.])/u.exec(text.slice(start, comma))
  )
    start += small[0].length;
  return start;
}

/** On from a street to its flat, town and postal code, as far as commas and capitals go. */
function toEnd(text: string, end: number): number {
  const rest = text.slice(end, end + AHEAD_MAX);
  const more =
    /^(?:,? (?:(?:Apt|Suite|Unit|Flat|Apartment|Ste|Floor|#)\.? ?[\w-]{1,6}))?(?:,? [\p{Lu}][\p{L}\p{M}'’. -]{1,30})?(?:, ?(?:[A-Z]{2} \d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|(?:[A-Z]{1,2}-)?\d{4,5}(?: [A-Z]{2})? [\p{Lu}][\p{L}\p{M}'’-]{1,30}))/u.exec(
      rest,
    );
  return more === null || isWordAt(text, end + more[0].length) ? end : end + more[0].length;
}
