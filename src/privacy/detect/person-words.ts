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
  const around = toPersonAround(
    path,
    siblings.filter((other) => other !== key),
  );
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
  return other !== undefined && siblings.some((sibling) => toKeyWords(sibling).join("_") === other);
}

/** Whether a bare `name` among these siblings, under these keys, is somebody's: told by a member that only people have, or likely. */
function toPersonAround(path: readonly string[], siblings: readonly string[]): "told" | "likely" | undefined {
  let personalCount = 0;
  let isTold = false;
  for (const sibling of siblings) {
    const words = toKeyWords(sibling).join("_");
    if (impersonal.has(words)) return undefined;
    if (personal.has(words)) personalCount += 1;
    const found = toKeyClass(sibling);
    // A repository has one too: "acme/rocket".
    if (words === "full_name") personalCount += 1;
    else if (found?.kind === "sure" && personalClasses.has(found.class)) {
      isTold ||= !shared.has(words);
      personalCount += 2;
    } else if (hasHalf(sibling, siblings)) isTold = true;
  }
  const owner = path.at(-2);
  const ownerWords = owner === undefined ? [] : toKeyWords(owner);
  if (ownerWords.some((word) => things.has(word)) && !ownerWords.some((word) => people.has(word))) return undefined;
  if (isTold) return "told";
  return personalCount >= 2 || ownerWords.some((word) => people.has(word)) ? "likely" : undefined;
}

const personalClasses = new Set(["EMAIL", "PHONE", "NAME", "GOV_ID", "PASSPORT", "DOB", "CARD", "IBAN", "BANK"]);
