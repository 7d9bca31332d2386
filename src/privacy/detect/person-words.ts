import { type KeyClass, toKeyClass } from "./key-class.ts";
import { toKeyWords } from "./key-words.ts";

/** An object under one of these keys is somebody: its `name` is a person's. */
const people = new Set(
  (
    "user users customer customers contact contacts person persons people owner owners author authors attendee attendees " +
    "employee employees member members patient patients guest guests passenger passengers lead leads recipient " +
    "recipients sender senders billing shipping payer payers payee buyer buyers seller creator assignee assignees " +
    "reporter candidate candidates applicant applicants student students teacher driver drivers client clients " +
    "beneficiary cardholder holder organizer organizers subscriber subscribers follower followers friend friends " +
    "participant participants invitee invitees host hosts doctor nurse manager supervisor parent child children spouse " +
    "emergency staff agent agents admin admins profile individual signer signers signatory reviewer reviewers " +
    "committer contributor contributors maintainer maintainers speaker speakers tenant landlord borrower insured " +
    "nominee heir guardian colleague colleagues respondent traveler traveller resident voter donor donors player " +
    "players from to cc bcc kunde kunden kontakt kontakte ansprechpartner mitarbeiter benutzer teilnehmer patienten empfanger " +
    "absender besteller cliente clientes usuario usuarios empleado empleados contacto paciente persona personas " +
    "personne utilisateur employe contact_principal utente dipendente persone funcionario pessoa klant klanten medewerker " +
    "gebruiker persoon klient klienci pracownik uzytkownik osoba kund kunder anstalld anvandare ansat medarbejder " +
    "asiakas tyontekija zakaznik zamestnanec client_ro angajat ugyfel munkatars musteri calisan 用户 客户 联系人 员工 顧客 " +
    "고객 клиент пользователь сотрудник hiring crew winner winners claimant plaintiff defendant witness"
  ).split(" "),
);
/** An object under one of these keys is a thing or an organisation, whatever it is inside of. */
const things = new Set(
  (
    "company organization organisation org vendor supplier merchant store shop product products repo " +
    "repository project file package packages plan role roles tag tags label labels team group department channel " +
    "workspace category categories service services server image images model models step steps " +
    "table database city country region state bank brand currency status priority " +
    "board folder document template app application device plugin bot integration firma unternehmen empresa entreprise " +
    "azienda bedrijf venue license licence milestone sprint stage pipeline environment cluster node pod container namespace"
  ).split(" "),
);
/** Siblings that only people have. */
const personal = new Set(
  (
    "age gender sex birthday nationality title salutation job_title position occupation role_title marital_status " +
    "hire_date salary department dept employee_id employee_no patient_id avatar avatar_url picture photo contact_id user_id customer_id " +
    "attendee_id guest_id linkedin bio pronouns display_name login department_id mrn checkin check_in response_status nickname prefix suffix company job seniority"
  ).split(" "),
);
/** Siblings that only things have. */
const impersonal = new Set(
  "price sku version ean stock quantity currency size mime_type path extension branch sha digest image isbn barcode weight color unit_price license repository".split(
    " ",
  ),
);

/** Keys that mean a name only together: `{ first: "Rosa", last: "Parks" }`. */
const halves = new Map([
  ["first", "last"],
  ["last", "first"],
  ["given", "family"],
  ["family", "given"],
]);
/** Names that things have as often as people: they are somebody's where a person is around. */
const shared = new Set(["display_name", "agent_name", "driver_name", "manager_name", "tenant_name", "member_name"]);

/**
 * What the last key of a path says about its value among its siblings: a `name` beside an e-mail address is told to be
 * somebody's, one under `customers` may be, and one with nobody around is undefined.
 */
export function toKeyClassAmong(path: readonly string[], siblings: readonly string[]): KeyClass | undefined {
  const key = path.at(-1) ?? "";
  const found = toKeyClass(key) ?? (hasHalf(key, siblings) ? half : undefined);
  if (found?.class !== "NAME" || found.kind === "role") return found;
  if (isTelling(key, found)) return told;
  const around = toPersonAround(path, key, siblings);
  if (around === "told") return told;
  return found.kind === "bare" && found !== half && around === undefined ? undefined : found;
}

/** The class of a value that is told to be somebody's name. */
export const told: KeyClass = { class: "NAME", kind: "told" };
const half: KeyClass = { class: "NAME", kind: "bare" };

/** Whether a key alone says that its value is somebody's name: `full_name`. */
export function isTelling(key: string, { class: name, kind }: KeyClass): boolean {
  return name === "NAME" && kind === "sure" && !shared.has(toKeyWords(key).join("_"));
}

/** Every value is asked about: the siblings are looked at only for a key that has another half. */
function hasHalf(key: string, siblings: readonly string[]): boolean {
  const words = toKeyWords(key);
  const other = words.length === 1 ? halves.get(words[0] ?? "") : undefined;
  return other !== undefined && toSigns(siblings).words.has(other);
}

/** What a key says of the object that it is in. */
interface Sign {
  personal: number;
  impersonal: number;
  told: number;
}

/** What all keys of an object say together: each of many members asks for it. */
interface Signs extends Sign {
  /** How often each key is there: labels of a text may be twice. */
  keys: Map<string, number>;
  /** Of each key its words, and how many keys have them. */
  words: Map<string, number>;
}

const signsOf = new WeakMap<readonly string[], Signs>();

function toSigns(siblings: readonly string[]): Signs {
  const known = signsOf.get(siblings);
  if (known !== undefined) return known;
  const signs: Signs = { personal: 0, impersonal: 0, told: 0, keys: new Map(), words: new Map() };
  for (const key of siblings) {
    const { personal: some, impersonal: none, told: sure } = toSign(key);
    signs.personal += some;
    signs.impersonal += none;
    signs.told += sure;
    const words = toKeyWords(key).join("_");
    signs.keys.set(key, (signs.keys.get(key) ?? 0) + 1);
    signs.words.set(words, (signs.words.get(words) ?? 0) + 1);
  }
  signsOf.set(siblings, signs);
  return signs;
}

function toSign(key: string): Sign {
  const words = toKeyWords(key).join("_");
  const found = toKeyClass(key);
  const isSure = found?.kind === "sure" && personalClasses.has(found.class);
  // A repository has one too: "acme/rocket".
  const isFullName = words === "full_name";
  return {
    impersonal: Number(impersonal.has(words)),
    personal: Number(personal.has(words)) + (isFullName ? 1 : isSure ? 2 : 0),
    told: Number(isSure && !isFullName && !shared.has(words)),
  };
}

/** Whether a bare `name` among these siblings, under these keys, is somebody's: told by a member that only people have, or likely. */
function toPersonAround(
  path: readonly string[],
  key: string,
  siblings: readonly string[],
): "told" | "likely" | undefined {
  const signs = toSigns(siblings);
  const own = toSign(key);
  const times = signs.keys.get(key) ?? 0;
  if (signs.impersonal - times * own.impersonal > 0) return undefined;
  const ownWords = toKeyWords(key).join("_");
  const hasWords = (words: string): boolean => (signs.words.get(words) ?? 0) - (words === ownWords ? times : 0) > 0;
  const isTold =
    signs.told - times * own.told > 0 || [...halves].some(([one, other]) => hasWords(one) && hasWords(other));
  const owner = path.at(-2);
  const ownerWords = owner === undefined ? [] : toKeyWords(owner);
  if (ownerWords.some((word) => things.has(word)) && !ownerWords.some((word) => people.has(word))) return undefined;
  if (isTold) return "told";
  const isLikely = signs.personal - times * own.personal >= 2 || ownerWords.some((word) => people.has(word));
  return isLikely ? "likely" : undefined;
}

const personalClasses = new Set(["EMAIL", "PHONE", "NAME", "GOV_ID", "PASSPORT", "DOB", "CARD", "IBAN", "BANK"]);
