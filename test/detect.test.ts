import fc from "fast-check";
import { expect, test } from "vitest";
import { classOfFormat } from "../src/privacy/detect/class-of-format.ts";
import { toCanonical } from "../src/privacy/detect/canonical.ts";
import { createDetector } from "../src/privacy/detect/detector.ts";
import { defaultClasses, optionalClasses } from "../src/privacy/classes.ts";
import { toPlainText } from "../src/privacy/detect/plain-text.ts";

const classes = new Set<string>([...defaultClasses, ...optionalClasses]);
const detector = createDetector({ classes, prose: false });

/** What is found in a text, as `CLASS=surface`. */
function find(text: string, by = detector): string[] {
  return by.inText(text).map(({ start, end, class: kind }) => `${kind}=${text.slice(start, end)}`);
}

/** Each text with what must be found in it: all of it, and nothing else. */
function check(cases: readonly (readonly [text: string, ...found: string[]])[]): void {
  for (const [text, ...found] of cases) expect(find(text), text).toEqual(found);
}

test("mail addresses, and what only looks like one", () => {
  check([
    ["ask ines.mota+crm@fjord-data.io, please", "EMAIL=ines.mota+crm@fjord-data.io"],
    ["{'pelé@correio.pt': 550}", "EMAIL=pelé@correio.pt"],
    ["用户@例子.广告 wrote", "EMAIL=用户@例子.广告"],
    ["mail to bo@xn--bcher-kva.de.", "EMAIL=bo@xn--bcher-kva.de"],
    ["npm i left-pad@1.3.0 @scope/pkg@4.2.1-beta.2"],
    ["git@github.com:acme/site.git"],
    ["someone@example.com, a@b.example.org", "EMAIL=a@b.example.org"],
    ["noreply@acme.io no-reply@acme.io root@db.internal icon@2x.png"],
    ["image: registry.io/pause@sha256:9f86d081884c7d659a2feaa0c55ad015"],
    ["to ＩＮＥＳ＠ｆｊｏｒｄ．ｉｏ, please", "EMAIL=ＩＮＥＳ＠ｆｊｏｒｄ．ｉｏ"],
    ["in\u00ades@fjord\u200b.io \u2060ok", "EMAIL=in\u00ades@fjord\u200b.io"],
    ["→ ines@fjord。io，谢谢。", "EMAIL=ines@fjord。io"],
    ["ｉｎｅｓ＠ｆｊｏｒｄ｡ｉｏ", "EMAIL=ｉｎｅｓ＠ｆｊｏｒｄ｡ｉｏ"],
    ["ines﹫fjord﹒io, ⓘⓝⓔⓢ@fjord․io", "EMAIL=ines﹫fjord﹒io", "EMAIL=ⓘⓝⓔⓢ@fjord․io"],
    [
      "\ufeff𝐢𝐧𝐞𝐬@fjord.io\u200b, in\u{e0061}es@fjord.io\u{e007f}",
      "EMAIL=𝐢𝐧𝐞𝐬@fjord.io",
      "EMAIL=in\u{e0061}es@fjord.io",
    ],
  ]);
});

test("mail addresses as HTML writes them, and as people do under a key that says so", () => {
  check([
    ["write to ines.mota&#64;fjord-data.io, please", "EMAIL=ines.mota&#64;fjord-data.io"],
    ["ines&#x40;fjord.io or bo&commat;fjord.io", "EMAIL=ines&#x40;fjord.io", "EMAIL=bo&commat;fjord.io"],
    ["a &#64; b, x&#65;y.io, &commat;media print"],
  ]);
  expect(toCanonical("EMAIL", "Ines&#64;fjord.io")).toBe(toCanonical("EMAIL", "ines@fjord.io"));
  const ofEmail = (value: string) => detector.ofMember({ path: ["email"], value, siblings: [] });
  for (const value of [
    '"ines mota"@fjord.io',
    "ines.mota at fjord.io",
    "ines[at]fjord.io",
    "ines (at) fjord (dot) io",
    "ines at fjord dot io",
    "ines&#64;fjord.io",
  ])
    expect(ofEmail(value), value).toBe("EMAIL");
  for (const value of ["look at this", "none at all", "someone at example.com", "sent at 10.30", "yes", "work"])
    expect(ofEmail(value), value).toBeUndefined();
});

test("a phone number that is dialled with 00 is the one with a plus, and letters are digits under a key", () => {
  expect(toCanonical("PHONE", "0034 612 345 678")).toBe(toCanonical("PHONE", "+34 612 345 678"));
  expect(toCanonical("PHONE", "(00) 44 20 7946 0958")).toBe(toCanonical("PHONE", "+44 20 7946 0958"));
  expect(toCanonical("PHONE", "00123")).toBe("00123");
  const ofPhone = (value: string) => detector.ofMember({ path: ["phone"], value, siblings: [] });
  for (const value of ["1-800-FLOWERS", "1-800-GO-FEDEX", "(800) 555-CALL"])
    expect(ofPhone(value), value).toBe("PHONE");
  for (const value of ["ABC-1234", "iPhone 15 Pro", "800 METERS"]) expect(ofPhone(value), value).toBeUndefined();
});

test("a password of several words, where it fills a line of settings or its key says so", () => {
  check([
    ["DB_PASSWORD=correct horse battery\nPORT=80", "SECRET=correct horse battery"],
    ["[db]\npassword = correct horse battery # old\n", "SECRET=correct horse battery"],
    ["PORT=80\r\nexport PASSPHRASE=kites over bergen\r\n", "SECRET=kites over bergen"],
    ["password = your password here\nport = 80"],
    ["The form has password = required for all.\nThen go on."],
    ["password = correct horse battery"],
    ["PASSWORD=correct horse battery", "SECRET=correct horse battery"],
    ["passwordHint = name of the dog\nport = 80"],
    ["const password = input value here;\nconst port = 80"],
  ]);
  const of = (key: string, value: string) => detector.ofMember({ path: [key], value, siblings: [] });
  for (const key of ["pass_phrase", "passPhrase", "pass-code", "seed_phrase", "wallet_recovery_phrase"])
    expect(of(key, "correct horse battery staple"), key).toBe("SECRET");
  for (const key of ["phrase", "search_phrase", "key_phrase", "catch_phrase"])
    expect(of(key, "correct horse battery staple"), key).toBeUndefined();
});

test("an address is found where it stands, whatever is between and around its characters", () => {
  const unseen = fc.constantFrom("", "", "\u00ad", "\u200b", "\u2060\u200d", "\ufeff", "\u{e0001}");
  const character = fc.constantFrom(
    (one: string) => one,
    (one: string) => String.fromCharCode(one.charCodeAt(0) + 0xfee0),
  );
  const mails = createDetector({ classes: new Set(["EMAIL"]), prose: false });
  const around = fc.string({ unit: fc.constantFrom("，", "。", " ", "\u200b", "項", "𝟙", "…") });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(unseen, character), { minLength: 13, maxLength: 13 }),
      ...[around, around],
      (changes, before, after) => {
        const written = [..."ines@fjord.io"].map((one, at) => {
          const [hidden = "", change] = changes[at] ?? [];
          return `${at === 0 ? "" : hidden}${change?.(one) ?? one}`;
        });
        const mail = written.join("");
        expect(find(`${before} ${mail} ${after}`, mails)).toEqual([`EMAIL=${mail}`]);
        expect(toCanonical("EMAIL", mail)).toBe("ines@fjord.io");
      },
    ),
  );
});

test("telephone numbers by plus sign, by form and by the word beside them", () => {
  check([
    ["+31 6 1234 5678", "PHONE=+31 6 1234 5678"],
    ["ring (202) 456-1111 ext. 12", "PHONE=(202) 456-1111 ext. 12"],
    ["reach me on 020 7946 0958 until five", "PHONE=020 7946 0958"],
    ["Telefon: 0170 1234567", "PHONE=0170 1234567"],
    ["tel:+4930901820", "PHONE=+4930901820"],
    ["order 4915123456, ref 20260102, total 1234567.89"],
    ["2026-03-01 10:22:33 took 1700999002876"],
    ["EAN 4006381333931, build 10.0.19041.1"],
  ]);
});

test("cards, accounts and addresses of machines are checked, not guessed", () => {
  check([
    ["card 4012 8888 8888 1881", "CARD=4012 8888 8888 1881"],
    ["4012888888881882 fails the checksum, 1111111111111117 has no issuer"],
    ["pay to DE89 3704 0044 0532 0130 00 today", "IBAN=DE89 3704 0044 0532 0130 00"],
    ["DE88 3704 0044 0532 0130 00"],
    ["from 81.2.69.142 to 10.0.0.1, 127.0.0.1, 192.0.2.7, 169.254.1.1", "IP=81.2.69.142"],
    ["version 4.18.2.77; Chrome/120.1.2.3"],
    ["peer 2a02:26f0:1180::17 via ::1 and fe80::1 and 2001:db8::5", "IP=2a02:26f0:1180::17"],
    ["eth0 3c:22:fb:9a:10:e5 at 12:34:56", "MAC=3c:22:fb:9a:10:e5"],
  ]);
});

test("ids of governments, dates of birth and accounts by form or by the word before", () => {
  check([
    ["SSN 536-90-4399, not 000-12-3456 or 666-12-3456", "GOV_ID=536-90-4399"],
    ["CPF 529.982.247-25", "GOV_ID=529.982.247-25"],
    ["Passport X4RTH00F2 was shown", "PASSPORT=X4RTH00F2"],
    ["driver's license number D123-4567-8901", "GOV_ID=D123-4567-8901"],
    ["PESEL 44051401359", "GOV_ID=44051401359"],
    ["born on 3 May 1981 in Lyon", "DOB=3 May 1981"],
    ["dob: 19810503, n: 19810503", "DOB=19810503"],
    ["birth_ts=-357696000&ts=1357696000", "DOB=-357696000"],
    ['{"id":357696000,"birthDate":357696000000}', "DOB=357696000000"],
    ["id,dob\n1,357696000\n2,19810503", "DOB=357696000", "DOB=19810503"],
    ["Geburtsdatum: 03.05.1981", "DOB=03.05.1981"],
    ["account number 77182003311", "BANK=77182003311"],
    ["released on 2026-05-03"],
  ]);
});

test("credentials by prefix, key, header and address; no hashes, ids, words or templates", () => {
  const token = ["ghp", "9xK2mQ7vLw3Tz8Rb5Yc1Nd6Hf4Jg0PsUaEoI"].join("_");
  check([
    [`remote ${token}`, `SECRET=${token}`],
    ["redis://cache:p4ss@w0rd@db:6379/0", "SECRET=p4ss@w0rd"],
    ["DB_PASSWORD=Tr0ub4dor-3", "SECRET=Tr0ub4dor-3"],
    ['"client_secret": "9fQ2-xkPz71LmT"', "SECRET=9fQ2-xkPz71LmT"],
    ['{\\"apiKey\\":\\"9fQ2xkPz71LmTa8\\"}', "SECRET=9fQ2xkPz71LmTa8"],
    ["Authorization: Bearer 4f9a8b7c6d5e4f3a2b1c", "SECRET=4f9a8b7c6d5e4f3a2b1c"],
    ['{"Authorization": "Bearer abcdefghijklmnop"}', "SECRET=abcdefghijklmnop"],
    ["Authorization: Bearer <token>, Authorization: Bearer required"],
    ["Authorization: Bearer k3y", "SECRET=k3y"],
    ["curl -H 'authorization: bearer zq' https://fjord.io", "SECRET=zq"],
    ["Authorization=Bearer abc123 X-Api-Key: k3y", "SECRET=abc123", "SECRET=k3y"],
    ['headers["Authorization"] = "token zq9"', "SECRET=zq9"],
    ['{\\"Proxy-Authorization\\":\\"Basic YTpi\\"}', "SECRET=YTpi"],
    ["Authorization: s3s\nX-Auth-Token: frost", "SECRET=s3s", "SECRET=frost"],
    ['Authorization: Digest username="ada", response="66"', 'SECRET=Digest username="ada", response="66"'],
    ["Cookie: theme=dark; sid=zq", "SECRET=theme=dark; sid=zq"],
    ["Set-Cookie: sid=zq; Path=/", "SECRET=sid=zq"],
    ["we sent Bearer k3yk3y to it", "SECRET=k3yk3y"],
    ["Bearer zq", "SECRET=zq"],
    ["['-H', 'Bearer frost']", "SECRET=frost"],
    ["Authorization: Basic access authentication; Authorization: Bearer tokens are sent, Authorization: ${auth}"],
    ["bearer of bad news, Bearer token required, token 42, Basic plan, token_type: Bearer, Bearer v2"],
    ["WWW-Authenticate: Bearer realm=x, error=invalid_token; authorization: approved by both, X-Api-Key: missing"],
    ["x-cache-key: abc; X-Idempotency-Key: a1; sort-key: b2"],
    ["WARN acme client rejected key=MRMWHISJ7hmUvHKd status=401", "SECRET=MRMWHISJ7hmUvHKd"],
    ["the password 'Frost!2931' leaked", "SECRET=Frost!2931"],
    ["PASSWORD=${DB_PASSWORD} token=<token> secret: changeme password=********"],
    ["commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b etag=9f86d081884c7d65"],
    ["max_tokens: 4096, next_page_token: abc123def456, cache hit key=user:74511"],
    ["rid=ba0ce9f1-1fcb-447f-a97d-12f9867e6e38"],
  ]);
  const key = `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0B\n".repeat(3)}-----END PRIVATE KEY-----`;
  expect(find(`a\n${key}\nb`)).toEqual([`SECRET=${key}`]);
});

test("names that the form of a text gives away", () => {
  check([
    ["From: Orla Byrne <orla@fjord-data.io>", "NAME=Orla Byrne", "EMAIL=orla@fjord-data.io"],
    ["**Reporter:** Kai Lund (kai@fjord-data.io)", "NAME=Kai Lund", "EMAIL=kai@fjord-data.io"],
    ["Hi Wanda,\n\nsee below.\n\nKind regards,\nTamsin", "NAME=Wanda", "NAME=Tamsin"],
    ["Mit freundlichen Grüßen\nJörg Maß", "NAME=Jörg Maß"],
    ["Dr. Achterberg will call", "NAME=Achterberg"],
    ["can you call Ilse back on 0170 1234567?", "NAME=Ilse", "PHONE=0170 1234567"],
    ["1:1 Freya / Bo", "NAME=Freya", "NAME=Bo"],
    ["Hi all,\n\nthanks\nTeam"],
    ["电话 13812345678 邮箱 wei@fjord.cn", "PHONE=13812345678", "EMAIL=wei@fjord.cn"],
    ["Open Visual Studio Code and call Function.prototype"],
  ]);
});

test("tables: a heading says what its column is", () => {
  check([
    ['id,name,email\n1,Ada Holm,ada@fjord.io\n2,"Holm, Bo",', "NAME=Ada Holm", "EMAIL=ada@fjord.io", "NAME=Holm, Bo"],
    [" id | full_name | amount\n----+-----------+----\n 1 | Ada Holm | 2026\n", "NAME=Ada Holm"],
    ["| Telefon | Land |\n|---|---|\n| 0170 1234567 | DE |", "PHONE=0170 1234567"],
    ["nom;prénom\nMoreau;Élodie\n", "NAME=Moreau", "NAME=Élodie"],
    ["name,email\nada,ada@fjord.io\n", "NAME=ada", "EMAIL=ada@fjord.io"],
    ["name,version\nleft-pad,1.3.0\n"],
    ["NAME  READY  STATUS\napi-1  1/1  Running\n"],
  ]);
});

test("fields in text: YAML, XML, URL queries, JSON in strings", () => {
  check([
    ["contact:\n  name: Ada Holm\n  phone: 0170 1234567", "NAME=Ada Holm", "PHONE=0170 1234567"],
    ["<user><surname>Holm</surname><ean>4006381333931</ean></user>", "NAME=Holm"],
    ["GET /find?last_name=Holm&page=2", "NAME=Holm"],
    ["/u?email=ada%40fjord.io&name=Ada%20Holm&n=5", "NAME=Ada%20Holm"],
    ['{\\"first_name\\":\\"Ada\\",\\"n\\":1}', "NAME=Ada"],
    ["Customer(id=3, first_name='Ada', plan='pro')", "NAME=Ada"],
    ["name: build\nversion: 1.2.3"],
  ]);
});

test("a name that its field or column tells of is one value, from its first to its last character", () => {
  const names =
    "María-José O'Neill (Ops)|maría josé|dr. ada holm|Dr. Ada Holm, PhD|Holm, Ada|holm, ada (ops)|ludwig van beethoven|" +
    "van der Berg, Jan|محمد بن سلمان|王小明|王小明（销售）|山田 太郎|김철수|J. R. R. Tolkien Jr.|O’Brien, Seán (extern)";
  for (const name of names.split("|")) {
    check([
      [`full_name: ${name}`, `NAME=${name}`],
      [`name: ${name}\nemail: ada@fjord.io`, `NAME=${name}`, "EMAIL=ada@fjord.io"],
      [`- email: ada@fjord.io\n  name: ${name}\n`, "EMAIL=ada@fjord.io", `NAME=${name}`],
      [`full_name: ${name}, email: ada@fjord.io`, `NAME=${name}`, "EMAIL=ada@fjord.io"],
      [`{"name": "${name}", "email": "ada@fjord.io"}`, `NAME=${name}`, "EMAIL=ada@fjord.io"],
      [`user{name: "${name}", phone: "0170 1234567"}`, `NAME=${name}`, "PHONE=0170 1234567"],
      [`<user><name>${name}</name><email>ada@fjord.io</email></user>`, `NAME=${name}`, "EMAIL=ada@fjord.io"],
      [`id\tfull_name\tage\n1\t${name}\t7`, `NAME=${name}`],
      [`id,name,email\n1,"${name}",ada@fjord.io`, `NAME=${name}`, "EMAIL=ada@fjord.io"],
      // Nobody quoted it, so the row has more cells than the heading.
      [`id,name,email\n1,${name},ada@fjord.io`, `NAME=${name}`, "EMAIL=ada@fjord.io"],
      [`| Name | Email |\n|---|---|\n| ${name} | ada@fjord.io |`, `NAME=${name}`, "EMAIL=ada@fjord.io"],
    ]);
  }
  check([
    ["id,name,email\n1,Holm,Ada,ada@fjord.io", "NAME=Holm,Ada", "EMAIL=ada@fjord.io"],
    ["name,email,phone\nada,ada@fjord.io", "NAME=ada", "EMAIL=ada@fjord.io"],
    ["name,email\n@ada,ada@fjord.io", "NAME=@ada", "EMAIL=ada@fjord.io"],
    ["Full name: Ada Holm (ada@fjord.io)", "NAME=Ada Holm", "EMAIL=ada@fjord.io"],
    ["Full name: Ada Holm, born 3 May 1981", "NAME=Ada Holm", "DOB=3 May 1981"],
    // Expressions, templates, and a thing among things.
    ["full_name: user.name\nfirst_name: ${first}\nlast_name: {{ last }}"],
    ["first_name: string, last_name: str"],
    ['{name: "addContact", email: string}, {"name":"send_mail","email":true}'],
    ['{"name":"[NAME_1] from Acme","email":"[EMAIL_1]"}'],
    ["name,email\n[NAME_1] from Acme,[EMAIL_1]"],
    ["name: api-server\nimage: acme/api\nemail: ops@db.internal"],
    ["name: build\n\n\nemail: ada@fjord.io", "EMAIL=ada@fjord.io"],
  ]);
});

test("a street with its number and town", () => {
  check([
    ["send it to 12 Corran Terrace, Dunmore, OH 44107. Thanks", "ADDRESS=12 Corran Terrace, Dunmore, OH 44107"],
    ["wohnt in der Lindenstraße 12a, 10969 Berlin", "ADDRESS=Lindenstraße 12a, 10969 Berlin"],
    ["au 8 rue de la Paix, 75002 Paris", "ADDRESS=8 rue de la Paix, 75002 Paris"],
    ["Monitoring 3 of 5 nodes in Spring 2026"],
  ]);
});

test("names in prose only where they are asked for", () => {
  const prose = createDetector({ classes, prose: true });
  const text = "Yesterday Michael Andersen met Ravil G Yefimov; later Andersen left Paris.";
  expect(find(text)).toEqual([]);
  expect(find(text, prose)).toEqual(["NAME=Michael Andersen", "NAME=Ravil G Yefimov", "NAME=Andersen"]);
  expect(find("The Grace Hotel and Visual Studio Code in May", prose)).toEqual([]);
});

test("the member of an object: its key, its siblings, and whether the value can be it", () => {
  const of = (path: string, value: string | number, siblings: string[] = []) =>
    detector.ofMember({ path: path.split("."), value, siblings });
  const cases: readonly (readonly [string | undefined, string, string | number, string[]?])[] = [
    ["NAME", "items.first_name", "ada"],
    ["NAME", "customer.name", "Ada Holm"],
    ["NAME", "name", "Ada Holm", ["email", "phone"]],
    ["NAME", "attendees.displayName", "Ada Holm"],
    ["NAME", "assignee", "Ada Holm"],
    ["NAME", "kunde.nachname", "Maß"],
    ["NAME", "user.姓名", "王小明"],
    [undefined, "assignee", "ada"],
    [undefined, "name", "left-pad", ["version"]],
    [undefined, "products.name", "Oak Desk", ["price", "ean"]],
    ["EMAIL", "billingEmail", "ada@fjord.io"],
    [undefined, "emailVerified", "yes"],
    [undefined, "email", "unknown"],
    ["PHONE", "phone_work", 3_161_234_567],
    [undefined, "phone", "yes"],
    ["DOB", "fecha_nacimiento", "1981-05-03"],
    ["DOB", "dob", 315_532_800_000],
    ["DOB", "dob", 19_810_503],
    ["DOB", "dob", "03051981"],
    ["DOB", "dob", 3_051_981],
    ["DOB", "birth_date", -357_696_000],
    ["DOB", "birthDate", -3_600],
    ["DOB", "birthdate", 86_400],
    ["DOB", "dob", 357_696_000.25],
    ["DOB", "date_of_birth", 29_709],
    ["DOB", "dob_ms", 357_696_000_000],
    ["DOB", "birthTimestamp", 357_696_000],
    ["DOB", "geburtsdatum_ts", "357696000"],
    [undefined, "dob", 0],
    [undefined, "dob", -1],
    [undefined, "born", 1981],
    [undefined, "created_at", 357_696_000],
    [undefined, "email_timestamp", 357_696_000],
    ["SECRET", "Authorization", "Bearer abcdefghijklmnop"],
    ["SECRET", "authorization", "bearer zq"],
    ["SECRET", "headers.Authorization", "Bearer abc123"],
    ["SECRET", "Authorization", 'Digest username="ada", response="66"'],
    ["SECRET", "x-api-key", "k3y"],
    ["SECRET", "Cookie", "theme=dark; sid=zq"],
    ["SECRET", "set-cookie", "sid=zq; Path=/"],
    [undefined, "authorization", "approved"],
    [undefined, "Authorization", "Bearer <token>"],
    [undefined, "cookie", "yes"],
    ["GOV_ID", "ssn", "536904399"],
    ["BANK", "account_number", 77_182_003_311],
    ["ADDRESS", "address.city", "Deventer"],
    ["IP", "client_ip", "81.2.69.142"],
    [undefined, "client_ip", "10.0.0.1"],
    ["USERNAME", "username", "ada_h"],
    ["SECRET", "stripe_key", "9fQ2xkPz71LmTa8w"],
    [undefined, "cache_key", "9fQ2xkPz71LmTa8w"],
    [undefined, "max_tokens", 4096],
    [undefined, "description", "Ada Holm"],
  ];
  for (const [kind, path, value, siblings] of cases) expect(of(path, value, siblings), `${path}=${value}`).toBe(kind);
});

test("where its neighbours say that it is somebody, a whole name is one value, whatever it looks like", () => {
  const names =
    "ada|will|jürgen groß|xiao ming|e. e. cummings|van der Berg, Jan|de la Cruz, María|Prof. Dr. Eva-Maria von Thurn und " +
    "Taxis|Ada & Bo Holm|Ada\tHolm|Ada Holm (she/her)|Ada Holm - Fjord|X Æ A-12";
  for (const value of names.split("|")) {
    expect(detector.ofMember({ path: ["name"], value, siblings: ["id", "name", "email"] }), value).toBe("NAME");
    expect(detector.ofMember({ path: ["full_name"], value, siblings: ["id"] }), value).toBe("NAME");
  }
  const of = (value: string, siblings: string[], key = "name") => detector.ofMember({ path: [key], value, siblings });
  expect(of("Ada", ["given", "family"], "given")).toBe("NAME");
  expect(of("Parks", ["first", "last"], "last")).toBe("NAME");
  // Alone, half of a page, a thing's, a place holder, and what has a class of its own.
  expect(of("Ada Holm", ["id"])).toBeUndefined();
  expect(of("Ada", ["first"], "first")).toBeUndefined();
  expect(of("https://fjord.io/?page=1", ["first", "last"], "first")).toBeUndefined();
  expect(of("oak desk", ["email", "price"])).toBeUndefined();
  expect(of("acme/rocket", ["id"], "full_name")).toBeUndefined();
  expect(of("Widget 3000", ["id"], "display_name")).toBeUndefined();
  expect(of("unknown", ["email"])).toBeUndefined();
  expect(of("Ada Holm <ada@fjord.io>", ["email"])).toBeUndefined();
  expect(of("ada@fjord.io", ["email"])).toBeUndefined();
  // What nothing would find beside the address, and what has a look-alike of a token in it.
  expect(of("ada holm <ada@fjord.io>", ["email"])).toBe("NAME");
  expect(of("@ada", ["email"])).toBe("NAME");
  expect(of("Ada [EMAIL_1] Holm", ["email"])).toBe("NAME");
});

test("classes that are not asked for are not found; the user's own are", () => {
  const own = createDetector({
    classes: new Set(["EMAIL"]),
    prose: false,
    own: [
      {
        class: "PROJECT",
        find: (text) => [...text.matchAll(/Nebula/gu)].map(({ index }) => ({ start: index, end: index + 6 })),
      },
    ],
  });
  expect(find("Nebula: ada@fjord.io, +31 6 1234 5678", own)).toEqual(["PROJECT=Nebula", "EMAIL=ada@fjord.io"]);
});

test("two surfaces of one value have one canonical form", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["EMAIL", "MAILTO:Ada@Fjord.io", "ada@fjord.io"],
    ["PHONE", "tel:+31 (0)6-1234 5678", "+31612345678"],
    ["PHONE", "020 7946 0958", "02079460958"],
    ["CARD", "4012-8888-8888-1881", "4012888888881881"],
    ["IBAN", "de89 3704 0044 0532 0130 00", "DE89370400440532013000"],
    ["DOB", "3 May 1981", "1981-05-03"],
    ["DOB", "315532800000", "1980-01-01"],
    ["DOB", "315532800", "1980-01-01"],
    ["DOB", "-315619200", "1960-01-01"],
    ["DOB", "19810503", "1981-05-03"],
    ["DOB", "3051981", "1981-05-03"],
    ["DOB", "29709", "1981-05-03"],
    ["EMAIL", "ＡＤＡ@fj\u00adord.io", "ada@fjord.io"],
    ["NAME", "Ada  Holm", "Ada Holm"],
    ["SECRET", "aB c", "aB c"],
  ];
  for (const [kind, surface, canonical] of cases) expect(toCanonical(kind, surface)).toBe(canonical);
});

test("the format of a schema names a class", () => {
  expect(["email", "idn-email", "phone", "ipv6", "password", "date"].map(classOfFormat)).toEqual([
    "EMAIL",
    "EMAIL",
    "PHONE",
    "IP",
    "SECRET",
    undefined,
  ]);
});

test("a character that is not seen, or has another width, is told from every other", () => {
  const missed: string[] = [];
  for (let code = 0x80; code <= 0x10_ff_ff; code += 1) {
    const character = String.fromCodePoint(code);
    const isOdd =
      /^[\p{Default_Ignorable_Code_Point}\u{ff01}-\u{ff5e}\u{fe50}-\u{fe6b}\u{24b6}-\u{24e9}\u{1d400}-\u{1d7ff}\u2024\u3002\uff61]$/u.test(
        character,
      );
    const plain = toPlainText(`a${character}b`).text;
    if (isOdd && plain === `a${character}b` && character.normalize("NFKC") !== character)
      missed.push(code.toString(16));
    if (/^\p{Default_Ignorable_Code_Point}$/u.test(character) && plain !== "ab") missed.push(code.toString(16));
  }
  expect(missed).toEqual([]);
});
