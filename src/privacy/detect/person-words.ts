import { toKeyClass } from "./key-class.ts";
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
    "hire_date salary employee_id employee_no patient_id avatar avatar_url picture photo contact_id user_id customer_id " +
    "attendee_id guest_id linkedin bio pronouns display_name login department_id mrn checkin check_in response_status nickname prefix suffix company job seniority"
  ).split(" "),
);
/** Siblings that only things have. */
const impersonal = new Set(
  "price sku version ean stock quantity currency size mime_type path extension branch sha digest image isbn barcode weight color unit_price license repository".split(
    " ",
  ),
);

/** Whether a bare `name` among these siblings, under these keys, is somebody's. */
export function isPersonAround(path: readonly string[], siblings: Iterable<string>): boolean {
  let personalCount = 0;
  for (const sibling of siblings) {
    const words = toKeyWords(sibling).join("_");
    if (impersonal.has(words)) return false;
    if (personal.has(words)) personalCount += 1;
    const found = toKeyClass(sibling);
    // A repository has one too: "acme/rocket".
    if (words === "full_name") personalCount += 1;
    else if (found?.kind === "sure" && (personalClasses.has(found.class) || found.class === "ADDRESS"))
      personalCount += found.class === "ADDRESS" ? 0 : 2;
  }
  const owner = path.at(-2);
  const ownerWords = owner === undefined ? [] : toKeyWords(owner);
  if (ownerWords.some((word) => things.has(word)) && !ownerWords.some((word) => people.has(word))) return false;
  if (ownerWords.some((word) => people.has(word))) return true;
  return personalCount >= 2;
}

const personalClasses = new Set(["EMAIL", "PHONE", "NAME", "GOV_ID", "PASSPORT", "DOB", "CARD", "IBAN", "BANK"]);
