import type { Candidate, Report } from "./candidate.ts";
import { toNameBefore, toNameAfter } from "./name-beside.ts";
import { isSurelyNameLike } from "./name-like.ts";

const LINE_MAX = 64;
const SIGN_OFF_MAX = 40;
const greeting =
  /^[\s>"'*]{0,8}(?:[Hh]i|HI|[Hh]ello|[Hh]ey|[Dd]ear|[Gg]ood (?:morning|afternoon|evening)|[Hh]allo|[Ll]iebe[rs]?|[Ss]ehr geehrte[rs]? (?:Herr|Frau)|[Gg]uten (?:Tag|Morgen)|[Bb]onjour|[Ss]alut|[Cc]h[eè]re?|[Hh]ola|[Ee]stimad[oa]|[Qq]uerid[oa]|[Cc]iao|[Gg]entile|[Cc]aro|[Cc]ara|[Oo]lá|[Pp]rezad[oa]|[Bb]este|[Gg]eachte|[Hh]oi|[Hh]ej|[Hh]ei|[Kk]ære|[Kk]äre|[Kk]ära|[Cc]ześć|[Dd]rogi|[Dd]roga|[Ss]zanown[ya] Pani?e?|[Mm]erhaba|[Ss]ayın|[Aa]hoj|[Dd]obrý den|[Bb]ună|[Kk]edves|Здравствуйте|Привет|Уважаем(?:ый|ая)),? (?:Mr\.? |Mrs\.? |Ms\.? |Dr\.? |Herr |Frau |Prof\.? )?/u;
const signOff =
  /^[\s>]{0,8}(?:(?:[Bb]est|[Kk]ind|[Ww]arm|[Ww]armest|[Mm]any)(?: (?:regards|wishes|thanks))?|[Rr]egards|[Tt]hanks(?: (?:again|so much|a lot|in advance))?|[Tt]hank you|[Tt]hx|[Cc]heers|[Ss]incerely(?: yours)?|[Yy]ours(?: (?:sincerely|truly|faithfully))?|[Tt]ake care|[Ll]ove|[Rr]espectfully|[Cc]ordially|[Gg]reetings|BR|KR|(?:[Mm]it )?(?:[Ff]reundlichen|[Bb]esten|[Vv]iele[nr]?|[Ll]iebe[nr]?|[Hh]erzliche[nr]?|[Ss]chöne) Gr[uü](?:ß|ss)en?|MfG|VG|LG|[Cc]ordialement|[Bb]ien (?:cordialement|à vous)|[Aa]mitiés|[Ss]aludos(?: cordiales)?|[Uu]n saludo|[Aa]tentamente|[Cc]ordiali saluti|[Dd]istinti saluti|[Ss]aluti|[Gg]razie|[Gg]racias|[Mm]erci|[Dd]anke|[Oo]brigad[oa]|[Aa]tenciosamente|[Aa]bra[cç]os?|[Mm]et vriendelijke groet(?:en)?|[Gg]roet(?:jes|en)?|[Mm]vg|[Mm]ed vänliga? häls(?:ning|ningar)|[Hh]älsningar|[Mm]ed venlig hilsen|[Mm]vh|[Hh]ilsen|[Yy]stävällisin terveisin|[Tt]erveisin|[Pp]ozdrawiam|[Zz] poważaniem|[Ss] pozdravem|[Cc]u (?:stimă|respect)|[Üü]dvözlettel|[Ss]aygılarımla|[Сс] уважением)[,.!]?\s*$/u;
const signOffInline = /(?:^|\s)[—–-]{1,2} ?$/u;

/** Names that the form of a text gives away: beside an address or number, in a greeting, under a letter, after a cue. */
export function findMentions(text: string, found: readonly Candidate[], report: Report): void {
  for (const { class: kind, start, end } of found) {
    if (kind !== "EMAIL" && kind !== "PHONE") continue;
    const before = toNameBefore(text, start, kind === "EMAIL");
    if (before !== undefined) report("NAME", before.start, before.end, 2);
    const after = kind === "EMAIL" ? toNameAfter(text, end) : undefined;
    if (after !== undefined) report("NAME", after.start, after.end, 2);
  }
  findInLetters(text, report);
}

/** `Hi Wouter,` and the line under `Best regards,`. */
function findInLetters(text: string, report: Report): void {
  let start = 0;
  let isSigned = false;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, Math.min(end, start + LINE_MAX));
    if (/\S/.test(line)) {
      if (isSigned && end - start < LINE_MAX) reportWhole(text, start, end, report);
      isSigned = line.length < SIGN_OFF_MAX && /[\p{L},.!]\s*$/u.test(line) && signOff.test(line);
      if (!isSigned) {
        const opening = greeting.exec(line);
        if (opening !== null) reportGreeted(text, start + opening[0].length, end, report);
      }
    }
    start = end + 1;
  }
}

function reportWhole(text: string, start: number, end: number, report: Report): void {
  const line = text.slice(start, end);
  const from = start + line.length - line.trimStart().length;
  const name = /^(?:[—–-]{1,2} ?)?([^,|(\n]+)/u.exec(text.slice(from, end));
  if (name === null) return;
  const at = from + name[0].length - (name[1] ?? "").length;
  const value = (name[1] ?? "").trimEnd().replace(/\.$/u, "");
  if (isSurelyNameLike(value, 1) && !signOffInline.test(value)) report("NAME", at, at + value.length, 2);
}

const greeted =
  /^\p{Lu}[\p{L}\p{M}'’-]+(?: (?:(?:de|van|von|der|den|la|da|di|del) ){0,2}\p{Lu}[\p{L}\p{M}'’-]+){0,3}(?=\s*(?:[,!:—–-]|\s*$|\p{Lu}|and |& |und |y |et ))/u;
const everyone =
  /^(?:All|Team|Everyone|Everybody|There|Sir|Madam|Folks|Guys|Customer|Colleagues|World|Friends|User|Support|Both|Again|Zusammen|Damen|Community|Hiring|Valued|God|Tous|Todos|Tutti|Allemaal)(?:$|[ ,])/u;

function reportGreeted(text: string, start: number, end: number, report: Report): void {
  const name = greeted.exec(text.slice(start, Math.min(end, start + LINE_MAX)))?.[0];
  if (name !== undefined && !everyone.test(name) && isSurelyNameLike(name, 1))
    report("NAME", start, start + name.length, 2);
}
