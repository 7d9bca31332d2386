/** @type {Map<number, string>} */
const texts = new Map();

/** Rows of an order sheet as JSON text of about this many bytes, made once. @param {number} megabytes */
export function makeRows(megabytes) {
  const known = texts.get(megabytes);
  if (known !== undefined) return known;
  const rows = [];
  let bytes = 2;
  for (let id = 1; bytes < megabytes * 1_000_000; id += 1) {
    const status = id % 97 === 0 ? "pending" : "shipped";
    const row = {
      id,
      status,
      customer: `Customer ${id % 9_973}`,
      amount: (id * 7_919) % 100_000,
      note: "Deliver to the side entrance",
    };
    rows.push(row);
    bytes += JSON.stringify(row).length + 1;
  }
  const text = JSON.stringify(rows);
  texts.set(megabytes, text);
  return text;
}
