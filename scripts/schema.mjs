// Writes config.schema.json from the table in src/config/keys.ts; run it after `npm run build`.
import { writeFileSync } from "node:fs";
import { toConfigSchema } from "../dist/config/json-schema.js";

writeFileSync(new URL("../config.schema.json", import.meta.url), `${JSON.stringify(toConfigSchema(), null, 2)}\n`);
