import type { Report } from "./candidate.ts";
import type { DigitRun } from "./digit-runs.ts";
import { toIsoDate } from "./date-text.ts";
import { isFree, isWordAt, toLeadIn } from "./surroundings.ts";

const TOKEN_MAX = 34;
/** Between the word and the number: "no.", "number is", "#", "(DL):", a state's name; no other sentence. */
const link = String.raw`(?:[\s:.#=("'’*_-]|no\b\.?|nr\b\.?|num\b\.?|number\b|nummer\b|numero\b|número\b|code\b|id\b|is\b|was\b|of\b|ist\b|are\b|ending\b|dl\b|\b[a-z]{2}:|:|是|为)*$`;
const labels: readonly [string, RegExp][] = [
  [
    "GOV_ID",
    toLabel(
      "ssn|social security|social insurance|itin|ein|tax ?(?:id|number|identification)|tin|taxpayer|national (?:id|insurance)|nino|ni number|government id|id card|identity card|identity|driver'?s?'? ?licen[cs]e|driving licen[cs]e|licen[cs]e number|\\bdl|medicare|medicaid|mrn|medical record|patient id|member id|health (?:card|insurance)|nhs|npi|mbi|dea|aadhaa?r|pan|pan card|gstin|voter id|vid|abn|acn|tfn|sin|cpf|cnpj|rg|curp|dni|nie|nif|nss|cif|rut|cuit|cuil|nit|cédula|cedula|steuer-?id|steueridentifikationsnummer|steuernummer|sozialversicherungsnummer|rentenversicherungsnummer|versichertennummer|krankenversicherungsnummer|kvnr|egk-nummer|bsnr|lanr|idnr|steuer-?nr|betriebsstättennummer|arztnummer|personalausweis|ausweis|führerschein|fuehrerschein|ahv|numéro de sécurité sociale|sécurité sociale|sécu|permis de conduire|codice fiscale|partita iva|patente|bsn|burgerservicenummer|rijbewijs|pesel|nip|dowód|personnummer|samordningsnummer|organisationsnummer|körkort|cpr|fødselsnummer|hetu|henkilötunnus|rodné číslo|cnp|taj|kimlik|tc kimlik|tckn|身份证|身份证号|マイナンバー|個人番号|주민등록번호|инн|снилс|nric|fin|uen|hkid|mykad|pps|ppsn|nin|bvn|rsa id|id number|citizen(?:ship)? (?:id|number)|kra pin|เลขบัตรประชาชน",
    ),
  ],
  [
    "BANK",
    toLabel(
      "bank account|account|checking|savings|acct|a/c|acc|routing|aba|sort code|bsb|clabe|kontonummer|konto|bankkonto|blz|bankleitzahl|numéro de compte|compte|cuenta|conto|conta|rekening|rekeningnummer|bankgiro|clearing|hesap|账号|口座番号|계좌번호|расчетный счет",
    ),
  ],
];
/** Numbers that a word before them names: "Passport 926982251", "driver's license number D123-456". */
export function findLabelledIds(text: string, run: DigitRun, wanted: ReadonlySet<string>, report: Report): void {
  const digitStart = run.starts[0] ?? 0;
  const tokenStart = toTokenStart(text, digitStart);
  if (!isFree(text, tokenStart)) return;
  const leadIn = toLeadIn(text, tokenStart);
  // A word of two letters at least; most numbers in data have none before them in their field.
  if (!/[a-z\u0080-\uffff]{2}/.test(leadIn)) return;
  for (const [kind, label] of labels) {
    if (!wanted.has(kind) || !label.test(leadIn)) continue;
    const start = toTokenStart(text, digitStart);
    const end = toTokenEnd(text, run);
    const surface = text.slice(start, end);
    const digits = surface.match(/\d/gu)?.length ?? 0;
    if (
      digits < (/\p{Lu}/u.test(surface) ? 4 : 5) ||
      surface.length > TOKEN_MAX ||
      isWordAt(text, start - 1) ||
      isOtherThing(surface)
    )
      return;
    report(kind, start, end, 2);
    return;
  }
}

function toLabel(words: string): RegExp {
  return new RegExp(String.raw`(?:^|[^\p{L}])(?:${words})${link}`, "u");
}

/** Letters before the first digit belong to the number: `C01X00T47`. */
function toTokenStart(text: string, digitStart: number): number {
  let start = digitStart;
  while (start > 0 && digitStart - start < 12 && isInToken(text.charCodeAt(start - 1))) start -= 1;
  while (start < digitStart && !isWordAt(text, start)) start += 1;
  return start;
}

/** The groups of the run as far as they look like one number, and letters after them. */
function toTokenEnd(text: string, run: DigitRun): number {
  let end = run.ends[0] ?? 0;
  for (let at = 1; at < run.count; at += 1) {
    const from = run.ends[at - 1] ?? 0;
    const to = run.starts[at] ?? 0;
    if (to - from !== 1 || (run.ends[at] ?? 0) - (run.starts[0] ?? 0) > TOKEN_MAX) break;
    end = run.ends[at] ?? 0;
  }
  while (
    end - (run.starts[0] ?? 0) < TOKEN_MAX &&
    isInToken(text.charCodeAt(end)) &&
    (isWordAt(text, end) || isWordAt(text, end + 1))
  )
    end += 1;
  if (/^ [A-Z](?![\p{L}\p{N}])/u.test(text.slice(end, end + 3)) && text[end - 3] === " ") end += 2;
  return end;
}

function isInToken(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 45;
}

function isOtherThing(surface: string): boolean {
  return toIsoDate(surface) !== undefined || /^[\da-f]{8}-[\da-f]{4}-/iu.test(surface) || /^\d+\.\d+$/u.test(surface);
}
