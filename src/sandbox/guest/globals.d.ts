/** Every name that the global object of a guest has, apart from the servers of the program. */
export declare const ALLOWED_GLOBALS: readonly string[];
export declare function installGlobals(own: Record<string, unknown>): void;
export declare function refusedEval(): never;
export declare function refuseCode(): void;
