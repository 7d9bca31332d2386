const months = new Map<string, number>(
  (
    "jan january januar enero janvier gennaio janeiro januari styczen leden ocak, feb february februar febrero fevrier febbraio fevereiro februari luty unor subat, " +
    "mar march marz marzo mars marco maart marec brezen mart, apr april abril avril aprile kwiecien duben nisan, may mai mayo maggio maio mei maj kveten mayis, " +
    "jun june juni junio juin giugno junho czerwiec cerven haziran, jul july juli julio juillet luglio julho lipiec cervenec temmuz, " +
    "aug august agosto aout augustus augusti sierpien srpen agustos, sep sept september septiembre septembre settembre setembro wrzesien zari eylul, " +
    "oct october oktober octubre octobre ottobre outubro okt pazdziernik rijen ekim, nov november noviembre novembre novembro listopad kasim, " +
    "dec december dezember diciembre decembre dicembre dezembro grudzien prosinec aralik dez"
  )
    .split(", ")
    .flatMap((names, at) => names.split(" ").map((name): [string, number] => [name, at + 1])),
);

/**
 * The ISO form of a value whose key says that it is a birth date. Digits alone may be a date too, or a moment: seconds or
 * milliseconds since 1970 (before it below zero), days as spreadsheets count them.
 */
export function toBirthDate(value: string): string | undefined {
  const plain = value.trim();
  const date = toIsoDate(plain) ?? toDayFirst(plain);
  if (date !== undefined || !/^(?:-\d{3,13}|\d{5,13})(?:\.\d{1,9})?$/u.test(plain)) return date;
  const count = Number(plain);
  const isSheet = plain.length === 5 && count > SHEET_DAYS_MIN && count < SHEET_DAYS_MAX;
  const moment = isSheet
    ? SHEET_EPOCH_MS + count * DAY_MS
    : Math.trunc(count * (Math.abs(count) < SECONDS_MAX ? 1000 : 1));
  return new Date(moment).toISOString().slice(0, 10);
}

/** In seconds it is the year 2106; in milliseconds, the spring of 1970. */
const SECONDS_MAX = 4_294_967_296;
const DAY_MS = 86_400_000;
/** Days since the end of 1899: from 1927 to 2099. */
const SHEET_EPOCH_MS = Date.UTC(1899, 11, 30);
const SHEET_DAYS_MIN = 9_999;
const SHEET_DAYS_MAX = 73_051;

/** `03051981`, also as a number without its zero. */
function toDayFirst(value: string): string | undefined {
  const [, day, month, year] = /^(\d{1,2})(\d{2})((?:19|20)\d{2})$/u.exec(value) ?? [];
  return year === undefined ? undefined : (join(year, month, day) ?? join(year, day, month));
}

/** The ISO form of a date that is written in digits or with a month's name; day first unless only month first fits. */
export function toIsoDate(value: string): string | undefined {
  if (value.length > 40) return undefined;
  const plain = value.trim();
  const iso = /^(\d{4})[-/.年]\s?(\d{1,2})[-/.月]\s?(\d{1,2})日?(?:$|[T ]\d)/u.exec(plain);
  if (iso !== null) return join(iso[1], iso[2], iso[3]);
  const numeric = /^(\d{1,2})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{4}|\d{2})\.?$/u.exec(plain);
  if (numeric !== null) return join(numeric[3], numeric[2], numeric[1]) ?? join(numeric[3], numeric[1], numeric[2]);
  const compact = /^((?:19|20)\d{2})(\d{2})(\d{2})$/u.exec(plain);
  if (compact !== null) return join(compact[1], compact[2], compact[3]);
  const words = plain
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f,.]/gu, " ")
    .toLowerCase();
  const named =
    /^(\d{1,2})(?:st|nd|rd|th|er)?[ -]+(?:of |de |di )?([a-z]{3,11})[ -]+(?:de |del )?(\d{4})$/u.exec(
      words.replaceAll(/ +/gu, " ").trim(),
    ) ?? undefined;
  if (named !== undefined) return join(named[3], String(months.get(named[2] ?? "") ?? 0), named[1]);
  const american = /^([a-z]{3,11}) (\d{1,2})(?:st|nd|rd|th)? (\d{4})$/u.exec(words.replaceAll(/ +/gu, " ").trim());
  return american === null ? undefined : join(american[3], String(months.get(american[1] ?? "") ?? 0), american[2]);
}

function join(year = "", month = "", day = ""): string | undefined {
  const [monthNumber, dayNumber] = [Number(month), Number(day)];
  if (monthNumber < 1 || monthNumber > 12 || dayNumber < 1 || dayNumber > 31) return undefined;
  const full = year.length === 2 ? `${Number(year) > 30 ? "19" : "20"}${year}` : year;
  if (Number(full) < 1850 || Number(full) > 2100) return undefined;
  return `${full}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
}
