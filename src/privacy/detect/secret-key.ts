import { vendorWords } from "./vendor-words.ts";

/** The last word of a key that holds a credential. */
const heads = new Set(
  (
    "password passwd passwort passwords pwd pw pass passphrase passcode secret secrets token tokens apikey apikeys authtoken accesstoken " +
    "refreshtoken credential credentials creds authorization bearer privatekey secretkey accesskey clientsecret appsecret apitoken authkey " +
    "kennwort contrasena clave motdepasse mdp senha wachtwoord haslo losenord lozinka heslo parola sifre jelszo salasana " +
    "密码 口令 密钥 パスワード 비밀번호 пароль токен jsessionid phpsessid sessid sessiontoken sessionsecret encryptionkey signingkey pin otp cvv cvc cvn mnemonic " +
    "sas webhooksecret connectionstring dsn"
  ).split(" "),
);
/** A `key` is a credential if a word before it says which one. */
const keyKinds = new Set(
  (
    "api access secret private auth app application client consumer encryption encrypt signing sign master service account " +
    "admin server shared storage subscription license deploy ssh gpg pgp rsa hmac jwt session webhook integration ingest " +
    "ingestion write read live test prod production root security license dev publishable restricted personal function host " +
    "token aes crypto decryption cookie django flask rails laravel"
  ).split(" "),
);
/** A `key` of these is an address of data, or public. */
const openKinds = new Set(
  (
    "public primary foreign cache sort partition object bucket index idempotency row hash range group dedupe " +
    "deduplication translation i18n locale issue project ticket routing map lookup field property attribute menu theme " +
    "config registry storage_path resource shortcut hot enter press arrow unique natural candidate composite composed " +
    "surrogate join shard item parent entity metric label tag column json query param the a this host_id react list order " +
    "sorting answer piano image file path known"
  ).split(" "),
);
/** With one of these words a `token` or `secret` is no credential. */
const openWords = new Set(
  (
    "next page cursor continuation prev previous count counts max min type types usage limit limits sync total prompt " +
    "completion input output cached expires expiry expiration ttl length size name names url uri endpoint path file per " +
    "budget used remaining reasoning id_hint resume delta estimate estimated stop eos bos pad unk mask rate policy reset " +
    "changed hint strength required enabled visible vault scope scopes status age last updated created at symbol " +
    "price address contract supply test_count special audio text image"
  ).split(" "),
);
const phrases =
  /(?:^| )(?:pass phrase|pass word|pass code|seed phrase|recovery phrase|access key id|secret access key|secret key base|key base|api key|api id secret|client secret|private key|private key id pem|connection string|conn str|account key|storage key|security code|shared access signature|sas token|set cookie|cookie|x api key|auth key|auth|access token|user auth|app secret|webhook url|mot de passe|session id|session cookie|session key|recovery code|recovery codes|backup code|backup codes|security answer|ssh key|license key|encryption key|signing key|contribsys com)$/u;

/** Whether the words of a key say that the value opens something: `stripe_secret_key`, `DB_PASSWORD`, `apiToken`. */
export function isSecretKey(words: readonly string[]): boolean {
  const last = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  if (before.some((word) => openWords.has(word))) return false;
  if (heads.has(last)) return !(last === "pass" && before.some((word) => word === "boarding" || word === "ski"));
  if (last === "key" || last === "keys") {
    if (before.length === 0) return false;
    const kind = before.at(-1) ?? "";
    return keyKinds.has(kind) || !before.some((word) => openKinds.has(word));
  }
  return phrases.test(words.join(" ")) || /.{3}(?:password|passwd|apikey|secret|token)$/u.test(last);
}

/** Words at the end of a key whose value is a credential only if it looks drawn at random. */
const weakHeads = new Set(
  "session sess sid sessionid sig signature hmac nonce key auth login apiid appid accessid webhook cookie".split(" "),
);
/** What services have besides keys. */
const plainParts = new Set(
  (
    "sha hash commit id ids url uri host region name version ref branch tag run job build number event actor repository " +
    "workspace digest checksum integrity etag image path file link avatar user username email account team org organization project"
  ).split(" "),
);

/** Whether a key makes a random value a credential: a service's name, or a word that is often about credentials. */
export function mayBeSecretKey(words: readonly string[]): boolean {
  const last = words.at(-1) ?? "";
  if (words.length > 1 && weakHeads.has(last) && last !== "key") return true;
  if (last !== "key" && weakHeads.has(last) && last !== "login" && last !== "signature" && last !== "nonce")
    return true;
  if (!words.some((word) => vendorWords.has(word))) return false;
  return words.includes("access") || !words.some((word) => plainParts.has(word));
}
