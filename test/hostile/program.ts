// How a hostile program is written down. Each says itself whether it was held: it returns "held", or a text that begins
// with LANDED. Names in percent signs are filled in by the runner: %FILE% (a secret file), %DROP% (where nothing may
// appear), %STATE% (the state directory), %PORT% (a server on loopback that keeps a secret), %SOCKET% (a Unix socket),
// %HOST% (a name that leads to this machine, and that the config allows).

/** One hostile program and how it must end. */
export interface HostileProgram {
  code: string;
  /** `held`: it returns that. `any`: it ends somehow. A list: codes of errors, one of which must end it. */
  ends: "held" | "any" | readonly string[];
}

/** A class of attacks: name of the program → the program. */
export type HostileClass = Record<string, HostileProgram>;

/** The code must throw. */
export function refused(code: string): HostileProgram {
  return {
    code: `try { await (async () => { ${code}\n })(); } catch { return "held"; }\nreturn "LANDED";`,
    ends: "held",
  };
}

/** The expression must throw or give nothing. */
export function absent(expression: string): HostileProgram {
  return {
    code: `let found;\ntry { found = await (async () => (${expression}))(); } catch { return "held"; }
return found === undefined || found === null || found === false ? "held" : "LANDED " + typeof found;`,
    ends: "held",
  };
}

/** The code returns what it found; nothing of it may be a secret, and it must come to its end. */
export function held(code: string): HostileProgram {
  return { code: `${code}\nreturn "held";`, ends: "held" };
}

/** Nothing is said about how it ends. */
export function any(code: string): HostileProgram {
  return { code, ends: "any" };
}

/** It must be ended by one of these. */
export function ended(code: string, ...codes: string[]): HostileProgram {
  return { code, ends: codes };
}

/** The same attack in many spellings. */
export function each(values: readonly string[], make: (value: string) => HostileProgram): HostileClass {
  return Object.fromEntries(values.map((value) => [value.slice(0, 90), make(value)]));
}
