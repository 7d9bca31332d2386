// What QuickJS lacks of the web platform and Node. `npm run build` bundles it into quickjs-prelude.js.

import { AbortController, AbortSignal } from "./abort.js";
import { Buffer } from "./buffer.js";
import { installIntl } from "./intl.js";
import { structuredClone } from "./structured-clone.js";
import { completeUrl, URLSearchParams } from "./url.js";

Object.assign(globalThis, { AbortController, AbortSignal, Buffer, structuredClone, URLSearchParams });
completeUrl();
installIntl(/** @type {any} */ (globalThis).sluiceHost.intl);
