const words =
  /^(?:x+|\*+|\.+|-+|_+|•+|null|none|nil|undefined|true|false|yes|no|on|off|change[-_]?me.*|change[-_]?it|todo|tbd|n\/?a|pass|my_?pass(?:word)?|password\d?|passwd|pw|pwd|secret|token|string|test|testing|default|example.*|sample.*|dummy.*|placeholder.*|fake.*|redacted|hidden|masked|removed|filtered|required|optional|encrypted|unset|empty|insert.*|enter.*|replace.*|your?[-_ ].*|my[-_](?:secret|token|password|key).*|some[-_].*|abc123|abc|123456\d*|1111|bearer|basic|digest|oauth2?|jwt|api_?key|sha\d*|md5|rsa|hmac|aes.*)$/iu;
/** Code and templates in place of a value. */
const references =
  /^(?:\$|%[A-Z_]+%$|\{|<|\[|process\.env|os\.|env\b|ENV\b|secrets\.|vars\.|var\.|config\.|self\.|this\.|settings\.|data\.|module\.|local\.|vault:|arn:|ref:|op:\/\/|ssm:|file:|\/|\.\/|\.\.\/|~\/|@|#|\()/u;
const masked = /\*{3}|•{2}|\.{3}|…|x{5}|X{5}|#{5}|0{8}|REDACTED|EXAMPLE_|\{\{|\$\{|\$\(/u;

/** Whether a value only stands where a secret would: a word for it, a reference, a template, a mask. */
export const isPlaceholder = (value: string): boolean =>
  words.test(value) || references.test(value) || masked.test(value);
