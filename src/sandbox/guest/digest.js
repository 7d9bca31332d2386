// The four digests of the web (FIPS 180-4), for Deno: its own is asynchronous, and loading Node's is half of a start.

/** How each differs: bytes in a block, and 32-bit words in what comes out. */
const VARIANTS = {
  "SHA-1": { compress: compress1, block: 64, words: 5 },
  "SHA-256": { compress: compress256, block: 64, words: 8 },
  "SHA-384": { compress: compress512, block: 128, words: 12 },
  "SHA-512": { compress: compress512, block: 128, words: 16 },
};

/** Of the first 80 primes, and made when they are first needed. @type {ReturnType<typeof makeConstants> | undefined} */
let constants;

/** @param {string} algorithm one of the four @param {Uint8Array} bytes @returns {Uint8Array} */
export function digest(algorithm, bytes) {
  const { compress, block, words } = VARIANTS[/** @type {keyof typeof VARIANTS} */ (algorithm)];
  constants ??= makeConstants();
  const state = toInitialState(algorithm, constants);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (; at + block <= bytes.length; at += block) compress(state, view, at, constants);
  // A one, zeros, and the length in bits at the end of a block.
  const lengthBytes = block / 8;
  const rest = bytes.length - at;
  const tail = new Uint8Array(rest + 1 + lengthBytes > block ? 2 * block : block);
  for (let index = 0; index < rest; index += 1) tail[index] = bytes[at + index];
  tail[rest] = 0x80;
  const tailView = new DataView(tail.buffer);
  tailView.setUint32(tail.length - 8, Math.floor(bytes.length / 2 ** 29));
  tailView.setUint32(tail.length - 4, bytes.length << 3);
  for (at = 0; at < tail.length; at += block) compress(state, tailView, at, constants);
  const result = new DataView(new ArrayBuffer(words * 4));
  for (let word = 0; word < words; word += 1) result.setInt32(word * 4, state[word]);
  return new Uint8Array(result.buffer);
}

/** @param {string} algorithm @param {ReturnType<typeof makeConstants>} from */
function toInitialState(algorithm, { squareRoots }) {
  if (algorithm === "SHA-1") return Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  if (algorithm === "SHA-384") return squareRoots.slice(16);
  if (algorithm === "SHA-512") return squareRoots.slice(0, 16);
  return squareRoots.filter((_, index) => index < 16 && index % 2 === 0);
}

/** The first 64 bits after the point of roots of primes, as pairs of words: square roots of 16, cube roots of 80. */
function makeConstants() {
  const primes = /** @type {bigint[]} */ ([]);
  for (let n = 2n; primes.length < 80; n += 1n) if (primes.every((prime) => n % prime !== 0n)) primes.push(n);
  const squareRoots = toWords(primes.slice(0, 16).map((prime) => toRoot(prime << 128n, 2n)));
  const cubeRoots = toWords(primes.map((prime) => toRoot(prime << 192n, 3n)));
  return { squareRoots, cubeRoots, schedule: new Int32Array(160) };
}

/** The root of a number, rounded down, by Newton's method. @param {bigint} number @param {bigint} degree */
function toRoot(number, degree) {
  for (let root = 1n << 80n; ;) {
    const next = ((degree - 1n) * root + number / root ** (degree - 1n)) / degree;
    if (next >= root) return root;
    root = next;
  }
}

/** @param {bigint[]} numbers */
function toWords(numbers) {
  return Int32Array.from(numbers.flatMap((n) => [Number((n >> 32n) & 0xffffffffn), Number(n & 0xffffffffn)]));
}

/**
 * @param {Int32Array} state
 * @param {DataView} view
 * @param {number} at
 * @param {ReturnType<typeof makeConstants>} constants
 */
function compress1(state, view, at, { schedule: w }) {
  for (let i = 0; i < 16; i += 1) w[i] = view.getInt32(at + i * 4);
  for (let i = 16; i < 80; i += 1) {
    const x = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
    w[i] = (x << 1) | (x >>> 31);
  }
  let [a, b, c, d, e] = state;
  for (let i = 0; i < 80; i += 1) {
    const mix = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
    const constant = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
    const next = (((a << 5) | (a >>> 27)) + mix + e + constant + w[i]) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  add(state, [a, b, c, d, e]);
}

/**
 * @param {Int32Array} state
 * @param {DataView} view
 * @param {number} at
 * @param {ReturnType<typeof makeConstants>} constants
 */
function compress256(state, view, at, { schedule: w, cubeRoots }) {
  for (let i = 0; i < 16; i += 1) w[i] = view.getInt32(at + i * 4);
  for (let i = 16; i < 64; i += 1) {
    const x = w[i - 15];
    const y = w[i - 2];
    const mixX = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const mixY = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = w[i - 16] + mixX + w[i - 7] + mixY;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i += 1) {
    const mixE = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + mixE + ((e & f) ^ (~e & g)) + cubeRoots[i * 2] + w[i]) | 0;
    const mixA = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (mixA + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  add(state, [a, b, c, d, e, f, g, h]);
}

/**
 * The same with 64 bits: each number is a high and a low word, and a low word's carry is what does not fit in it.
 * @param {Int32Array} state
 * @param {DataView} view
 * @param {number} at
 * @param {ReturnType<typeof makeConstants>} constants
 */
function compress512(state, view, at, { schedule: w, cubeRoots }) {
  for (let i = 0; i < 32; i += 1) w[i] = view.getInt32(at + i * 4);
  for (let i = 32; i < 160; i += 2) {
    const xh = w[i - 30];
    const xl = w[i - 29];
    const yh = w[i - 4];
    const yl = w[i - 3];
    const mixXh = ((xh >>> 1) | (xl << 31)) ^ ((xh >>> 8) | (xl << 24)) ^ (xh >>> 7);
    const mixXl = ((xl >>> 1) | (xh << 31)) ^ ((xl >>> 8) | (xh << 24)) ^ ((xl >>> 7) | (xh << 25));
    const mixYh = ((yh >>> 19) | (yl << 13)) ^ ((yl >>> 29) | (yh << 3)) ^ (yh >>> 6);
    const mixYl = ((yl >>> 19) | (yh << 13)) ^ ((yh >>> 29) | (yl << 3)) ^ ((yl >>> 6) | (yh << 26));
    const low = (w[i - 31] >>> 0) + (mixXl >>> 0) + (w[i - 13] >>> 0) + (mixYl >>> 0);
    w[i] = w[i - 32] + mixXh + w[i - 14] + mixYh + Math.floor(low / 2 ** 32);
    w[i + 1] = low;
  }
  let [ah, al, bh, bl, ch, cl, dh, dl, eh, el, fh, fl, gh, gl, hh, hl] = state;
  for (let i = 0; i < 160; i += 2) {
    const mixEh = ((eh >>> 14) | (el << 18)) ^ ((eh >>> 18) | (el << 14)) ^ ((el >>> 9) | (eh << 23));
    const mixEl = ((el >>> 14) | (eh << 18)) ^ ((el >>> 18) | (eh << 14)) ^ ((eh >>> 9) | (el << 23));
    const chooseL = (el & fl) ^ (~el & gl);
    const oneL = (hl >>> 0) + (mixEl >>> 0) + (chooseL >>> 0) + (cubeRoots[i + 1] >>> 0) + (w[i + 1] >>> 0);
    const oneH = (hh + mixEh + ((eh & fh) ^ (~eh & gh)) + cubeRoots[i] + w[i] + Math.floor(oneL / 2 ** 32)) | 0;
    const mixAh = ((ah >>> 28) | (al << 4)) ^ ((al >>> 2) | (ah << 30)) ^ ((al >>> 7) | (ah << 25));
    const mixAl = ((al >>> 28) | (ah << 4)) ^ ((ah >>> 2) | (al << 30)) ^ ((ah >>> 7) | (al << 25));
    const majorL = (al & bl) ^ (al & cl) ^ (bl & cl);
    const twoL = (mixAl >>> 0) + (majorL >>> 0);
    const twoH = (mixAh + ((ah & bh) ^ (ah & ch) ^ (bh & ch)) + Math.floor(twoL / 2 ** 32)) | 0;
    hh = gh;
    hl = gl;
    gh = fh;
    gl = fl;
    fh = eh;
    fl = el;
    el = (dl >>> 0) + (oneL >>> 0);
    eh = (dh + oneH + Math.floor(el / 2 ** 32)) | 0;
    el |= 0;
    dh = ch;
    dl = cl;
    ch = bh;
    cl = bl;
    bh = ah;
    bl = al;
    al = (oneL >>> 0) + (twoL >>> 0);
    ah = (oneH + twoH + Math.floor(al / 2 ** 32)) | 0;
    al |= 0;
  }
  const pairs = [ah, al, bh, bl, ch, cl, dh, dl, eh, el, fh, fl, gh, gl, hh, hl];
  for (let i = 0; i < 16; i += 2) {
    const low = (state[i + 1] >>> 0) + (pairs[i + 1] >>> 0);
    state[i] = state[i] + pairs[i] + Math.floor(low / 2 ** 32);
    state[i + 1] = low;
  }
}

/** @param {Int32Array} state @param {number[]} numbers */
function add(state, numbers) {
  for (let i = 0; i < numbers.length; i += 1) state[i] += numbers[i];
}
//# sourceURL=sluice:guest/digest.js
