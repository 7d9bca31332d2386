// Two worlds of one shape: the same records, equal values in the same places, of other people.

/** @typedef {{ first: string, last: string, email: string, mail2: string, phone: string, ssn: number, card: string, iban: string, born: string, key: string }} Person */

/** @type {Record<"a" | "b", Person[]>} */
const people = {
  a: [
    {
      first: "Ana",
      last: "Ruiz",
      email: "ana.ruiz+crm@acme.io",
      mail2: "Ana.Ruiz+crm@acme.io",
      phone: "+34 612 35 03 34",
      ssn: 429062045,
      card: "4242 4242 4242 4242",
      iban: "GB62PSSP45517745438536",
      born: "1981-03-24",
      key: "sk_live_RXU6UmgrwKmX9yrD36F8s1Kk",
    },
    {
      first: "Bob",
      last: "Stonebridge",
      email: "bob@stonebridge.dev",
      mail2: "BOB@stonebridge.dev",
      phone: "+1 415 555 2671",
      ssn: 218094311,
      card: "5425 7923 7285 4131",
      iban: "ES5751802380010744590081",
      born: "1990-11-02",
      key: "ghp_LFzz6OAilYipPHUWxIPxGrZ1vuzdPf0lFhci",
    },
    {
      first: "Chloé",
      last: "Martin",
      email: "chloe.martin@orange.fr",
      mail2: "chloe.martin@ORANGE.fr",
      phone: "+33 6 12 31 67 47",
      ssn: 531224467,
      card: "4000 0566 5566 5556",
      iban: "AT061330447980299943",
      born: "1975-07-30",
      key: "sk_live_JvHpUFdrBhEBdhkT7qfMwafz",
    },
  ],
  b: [
    {
      first: "Wolfgang",
      last: "Oberhauser",
      email: "w@oberhauser-consulting.example-firm.de",
      mail2: "W@oberhauser-consulting.example-firm.de",
      phone: "+49 1512 3457598",
      ssn: 611203498,
      card: "5131 0060 7411 4198",
      iban: "CH8345380PC8VRH5DVUK1",
      born: "1968-01-15",
      key: "sk_live_Z88vrwF5CGxeYLhe19VBj6DB",
    },
    {
      first: "Inès",
      last: "Lopez",
      email: "ines.lopez_99@universidad.es",
      mail2: "INES.lopez_99@universidad.es",
      phone: "+31612376790",
      ssn: 402118876,
      card: "4111 1111 1111 1111",
      iban: "IE57EAV876807804282153",
      born: "2001-05-09",
      key: "ghp_QvTt0aBcDeFgHiJkLmNoPqRsTuVwXyZ012345",
    },
    {
      first: "Sten",
      last: "Vermeulen",
      email: "sten@v.nl",
      mail2: "Sten@v.nl",
      phone: "+44 20 3456 7890",
      ssn: 350721199,
      card: "4200 1498 9446 9787",
      iban: "RO82LJZI546VH9KQFDIZQ25Y",
      born: "1959-12-31",
      key: "sk_live_iW1JtHE54zD8dNlfrCUf4VSq",
    },
  ],
};

/** JSON as Python writes it. @param {Record<string, string | number>[]} records */
function toAscii(records) {
  const text = records.map((one) => {
    const members = Object.entries(one).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`);
    return `{${members.join(", ")}}`;
  });
  return `[${text.join(", ")}]`.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What the server `hr` answers in one of the two. @param {"a" | "b"} name */
export function makeWorld(name) {
  const records = people[name].map((person, index) => ({
    id: index + 1,
    full_name: `${person.first} ${person.last}`,
    email: person.email,
    phone: person.phone,
    ssn: person.ssn,
    date_of_birth: person.born,
    card_number: person.card,
    iban: person.iban,
    score: [17, 3, 42][index],
    city: ["Lyon", "Oslo", "Lyon"][index],
    note: `called ${person.first} ${person.last} about order ${1000 + index}, reach at ${person.phone}`,
  }));
  const [one, two, three] = /** @type {[Person, Person, Person]} */ (people[name]);
  const world = {
    leads: [...records, { ...records[0], id: 4, email: one.mail2 }],
    keys: { apiKey: one.key, password: `${one.key}x`, region: "eu-west-1" },
    mail: `From: ${one.first} ${one.last} <${one.email}>\nSubject: order 1001\n\nPlease ask ${two.first} ${two.last} (${two.email}).\n`,
    csv: `id,full_name,email,amount\n${people[name].map((person, index) => `${index},${person.first} ${person.last},${person.email},${(index + 1) * 7}`).join("\n")}\n`,
    json: JSON.stringify({ contact: { email: three.email, phone: three.phone }, ok: true }),
    log: `Found 2: ${toAscii([two, three].map(({ first, last, email, ssn }) => ({ full_name: `${first} ${last}`, ssn, note: `of ${first} ${last}, ${email}` })))} in "hr", https://hr.test/?first_name=${encodeURIComponent(three.first)}&email=${encodeURIComponent(three.email)}`,
    bad: `no such user ${two.email}`,
    map: { [one.email]: { visits: 3 }, [three.email]: { visits: 5 } },
    look: `see [EMAIL_1] and ${three.email}`,
  };
  return { ...world, all: world };
}
