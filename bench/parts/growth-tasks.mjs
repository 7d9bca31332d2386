// Twelve kinds of work over the demo's servers, each with ten tasks: what is asked, the program that does it, the skill that
// it becomes, and what must come of it, reckoned from the servers' data without any of them.
import { ids, makeLeads, makeMeeting, makeOrders } from "../../demo/data.js";

/** @typedef {Record<string, string | number>} Values */

/**
 * One kind of work. `body` is its code over names, or over values written out.
 * @typedef {object} Kind
 * @property {string} name
 * @property {string} description
 * @property {string[]} servers
 * @property {Record<string, "string" | "number">} parameters
 * @property {(task: number) => Values} values
 * @property {(values: any) => string} ask
 * @property {(p: Record<string, string>) => string} body
 * @property {(values: any) => unknown} expected
 */

const orders = makeOrders();
const leads = makeLeads();
const transcript = makeMeeting().content;
const regions = [...new Set(orders.map(({ Region }) => Region))];
const products = [...new Set(orders.map(({ Product }) => Product))];
const customers = [...new Set(orders.map(({ Customer }) => Customer))];
const orderStates = [...new Set(orders.map(({ Status }) => Status))];
const countries = [...new Set(leads.map(({ Country }) => Country))];

/** @template T @param {readonly T[]} list @param {number} at @returns {T} */
const pick = (list, at) => /** @type {T} */ (list[at % list.length]);
/** @param {number} amount */
const cents = (amount) => Math.round(amount * 100);
/** @param {import("../../demo/data.js").Lead} lead */
const score = (lead) => (lead.Email_Score__c + lead.Meeting_Score__c + lead.Web_Score__c) / 3;

const sheet = `const rows = await gdrive.getSheet({ sheetId: ${JSON.stringify(ids.orders)} });`;

/** @type {Kind[]} */
export const kinds = [
  {
    name: "sum-orders-by-region",
    description: "Sums the amounts of the orders with one status for each region, from the orders sheet.",
    servers: ["gdrive"],
    parameters: { status: "string" },
    values: (task) => ({ status: pick(orderStates, task) }),
    ask: ({ status }) => `Sum the amounts of the ${status} orders for each region in the orders sheet.`,
    body: ({ status }) => `${sheet}
const sums: Record<string, number> = {};
for (const row of rows.filter((one: any) => one.Status === ${status}))
  sums[row.Region] = (sums[row.Region] ?? 0) + Math.round(row.Amount * 100);
return Object.fromEntries(Object.entries(sums).sort(([a], [b]) => a.localeCompare(b)).map(([region, sum]) => [region, sum / 100]));`,
    expected({ status }) {
      /** @type {Record<string, number>} */
      const sums = {};
      for (const { Region, Amount, Status } of orders)
        if (Status === status) sums[Region] = (sums[Region] ?? 0) + cents(Amount);
      return Object.fromEntries(
        Object.entries(sums)
          .sort(([a], [b]) => a.localeCompare(b))
          .map(([region, sum]) => [region, sum / 100]),
      );
    },
  },
  {
    name: "count-customer-orders",
    description: "Counts the orders of one customer in the orders sheet and sums their amounts.",
    servers: ["gdrive"],
    parameters: { customer: "string" },
    values: (task) => ({ customer: pick(customers, task) }),
    ask: ({ customer }) =>
      `How many orders does the customer ${customer} have in the orders sheet, and what do they sum to?`,
    body: ({ customer }) => `${sheet}
const own = rows.filter((row: any) => row.Customer === ${customer});
const sum = own.reduce((total: number, row: any) => total + Math.round(row.Amount * 100), 0);
return { orders: own.length, amount: sum / 100 };`,
    expected({ customer }) {
      const own = orders.filter(({ Customer }) => Customer === customer);
      return { orders: own.length, amount: own.reduce((sum, { Amount }) => sum + cents(Amount), 0) / 100 };
    },
  },
  {
    name: "list-best-customers",
    description: "Lists the customers with the highest sum of order amounts, best first, from the orders sheet.",
    servers: ["gdrive"],
    parameters: { count: "number" },
    values: (task) => ({ count: 3 + task }),
    ask: ({ count }) => `List the best ${count} customers by the sum of their order amounts in the orders sheet.`,
    body: ({ count }) => `${sheet}
const sums = new Map<string, number>();
for (const row of rows) sums.set(row.Customer, (sums.get(row.Customer) ?? 0) + Math.round(row.Amount * 100));
return [...sums].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, ${count}).map(([customer, sum]) => ({ customer, amount: sum / 100 }));`,
    expected({ count }) {
      /** @type {Map<string, number>} */
      const sums = new Map();
      for (const { Customer, Amount } of orders) sums.set(Customer, (sums.get(Customer) ?? 0) + cents(Amount));
      return [...sums]
        .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
        .slice(0, count)
        .map(([customer, sum]) => ({ customer, amount: sum / 100 }));
    },
  },
  {
    name: "count-orders-between-dates",
    description: "Counts the orders between two dates, both included, for each status, from the orders sheet.",
    servers: ["gdrive"],
    parameters: { from: "string", to: "string" },
    values: (task) => ({ from: `2026-0${1 + (task % 6)}-05`, to: `2026-0${3 + (task % 6)}-20` }),
    ask: ({ from, to }) => `Count the orders between the dates ${from} and ${to} for each status in the orders sheet.`,
    body: ({ from, to }) => `${sheet}
const counts: Record<string, number> = {};
for (const row of rows) if (row.Date >= ${from} && row.Date <= ${to}) counts[row.Status] = (counts[row.Status] ?? 0) + 1;
return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a.localeCompare(b)));`,
    expected({ from, to }) {
      /** @type {Record<string, number>} */
      const counts = {};
      for (const { Date, Status } of orders) if (Date >= from && Date <= to) counts[Status] = (counts[Status] ?? 0) + 1;
      return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a.localeCompare(b)));
    },
  },
  {
    name: "rank-products-in-region",
    description: "Ranks the products that were sold in one region by quantity, from the orders sheet.",
    servers: ["gdrive"],
    parameters: { region: "string", count: "number" },
    values: (task) => ({ region: pick(regions, task), count: 2 + (task % 3) }),
    ask: ({ region, count }) =>
      `Rank the ${count} products sold most by quantity in the region ${region}, from the orders sheet.`,
    body: ({ region, count }) => `${sheet}
const sold = new Map<string, number>();
for (const row of rows) if (row.Region === ${region}) sold.set(row.Product, (sold.get(row.Product) ?? 0) + row.Quantity);
return [...sold].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, ${count});`,
    expected({ region, count }) {
      /** @type {Map<string, number>} */
      const sold = new Map();
      for (const { Region, Product, Quantity } of orders)
        if (Region === region) sold.set(Product, (sold.get(Product) ?? 0) + Quantity);
      return [...sold].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, count);
    },
  },
  {
    name: "find-largest-order",
    description: "Finds the largest order by amount of one product, from the orders sheet.",
    servers: ["gdrive"],
    parameters: { product: "string" },
    values: (task) => ({ product: pick(products, task) }),
    ask: ({ product }) => `Find the largest order by amount of the product ${product} in the orders sheet.`,
    body: ({ product }) => `${sheet}
const [largest] = rows.filter((row: any) => row.Product === ${product}).sort((a: any, b: any) => b.Amount - a.Amount || a["Order ID"].localeCompare(b["Order ID"]));
return { order: largest["Order ID"], amount: largest.Amount };`,
    expected({ product }) {
      const [largest] = orders
        .filter(({ Product }) => Product === product)
        .sort((a, b) => b.Amount - a.Amount || a["Order ID"].localeCompare(b["Order ID"]));
      return { order: largest?.["Order ID"], amount: largest?.Amount };
    },
  },
  {
    name: "count-leads-of-country",
    description: "Counts the Salesforce leads of one country for each lead status.",
    servers: ["salesforce"],
    parameters: { country: "string" },
    values: (task) => ({ country: pick(countries, task) }),
    ask: ({ country }) => `Count the Salesforce leads of the country ${country} for each lead status.`,
    body: ({ country }) => `const leads = await salesforce.query({ query: "SELECT Id, Country, Status FROM Lead" });
const counts: Record<string, number> = {};
for (const lead of leads) if (lead.Country === ${country}) counts[lead.Status] = (counts[lead.Status] ?? 0) + 1;
return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a.localeCompare(b)));`,
    expected({ country }) {
      /** @type {Record<string, number>} */
      const counts = {};
      for (const { Country, Status } of leads) if (Country === country) counts[Status] = (counts[Status] ?? 0) + 1;
      return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a.localeCompare(b)));
    },
  },
  {
    name: "average-lead-scores",
    description: "Averages the three engagement scores of Salesforce leads for each industry above a minimum score.",
    servers: ["salesforce"],
    parameters: { minimum: "number" },
    values: (task) => ({ minimum: 20 + 5 * task }),
    ask: ({ minimum }) =>
      `Average the engagement scores of the Salesforce leads for each industry, of leads above a minimum score of ${minimum}.`,
    body: ({ minimum }) => `const leads = await salesforce.query({
  query: "SELECT Industry, Email_Score__c, Meeting_Score__c, Web_Score__c FROM Lead",
});
const byIndustry = new Map<string, number[]>();
for (const lead of leads) {
  const score = (lead.Email_Score__c + lead.Meeting_Score__c + lead.Web_Score__c) / 3;
  if (score > ${minimum}) byIndustry.set(lead.Industry, [...(byIndustry.get(lead.Industry) ?? []), score]);
}
return Object.fromEntries([...byIndustry].sort(([a], [b]) => a.localeCompare(b)).map(([industry, scores]) => [industry, Math.round(scores.reduce((a, b) => a + b, 0) / scores.length)]));`,
    expected({ minimum }) {
      /** @type {Map<string, number[]>} */
      const byIndustry = new Map();
      for (const lead of leads)
        if (score(lead) > minimum)
          byIndustry.set(String(lead["Industry"]), [...(byIndustry.get(String(lead["Industry"])) ?? []), score(lead)]);
      return Object.fromEntries(
        [...byIndustry]
          .sort(([a], [b]) => a.localeCompare(b))
          .map(([industry, scores]) => [industry, Math.round(scores.reduce((a, b) => a + b, 0) / scores.length)]),
      );
    },
  },
  {
    name: "find-hot-leads",
    description: "Finds the ids of the hottest Salesforce leads of one country by average engagement score.",
    servers: ["salesforce"],
    parameters: { country: "string", count: "number" },
    values: (task) => ({ country: pick(countries, task + 1), count: 3 + (task % 4) }),
    ask: ({ country, count }) =>
      `Find the ${count} hottest Salesforce leads of the country ${country} by average engagement score; answer their ids.`,
    body: ({ country, count }) => `const leads = await salesforce.query({
  query: "SELECT Id, Country, Email_Score__c, Meeting_Score__c, Web_Score__c FROM Lead",
});
const score = (lead: any): number => lead.Email_Score__c + lead.Meeting_Score__c + lead.Web_Score__c;
return leads.filter((lead: any) => lead.Country === ${country}).sort((a: any, b: any) => score(b) - score(a) || a.Id.localeCompare(b.Id)).slice(0, ${count}).map((lead: any) => lead.Id);`,
    expected: ({ country, count }) =>
      leads
        .filter(({ Country }) => Country === country)
        .sort((a, b) => score(b) - score(a) || a.Id.localeCompare(b.Id))
        .slice(0, count)
        .map(({ Id }) => Id),
  },
  {
    name: "message-leads-of-country",
    description: "Sends a Slack message to the hot leads of one country, and counts them.",
    servers: ["salesforce", "slack"],
    parameters: { country: "string", text: "string" },
    values: (task) => ({ country: pick(countries, task), text: `News number ${task}` }),
    ask: ({ country, text }) =>
      `Send a Slack message "${text}" to the hot leads (average score 80 or more) of the country ${country}, and count them.`,
    body: ({ country, text }) => `const leads = await salesforce.query({
  query: "SELECT Slack_Handle__c, Country, Email_Score__c, Meeting_Score__c, Web_Score__c FROM Lead",
});
const hot = leads.filter((lead: any) => lead.Country === ${country} && (lead.Email_Score__c + lead.Meeting_Score__c + lead.Web_Score__c) / 3 >= 80);
await Promise.all(hot.map((lead: any) => slack.sendMessage({ channel: lead.Slack_Handle__c, text: ${text} })));
return { messaged: hot.length };`,
    expected: ({ country }) => ({
      messaged: leads.filter((lead) => lead.Country === country && score(lead) >= 80).length,
    }),
  },
  {
    name: "save-orders-as-csv",
    description: "Saves the orders of one region and status from the orders sheet as a CSV file in the workspace.",
    servers: ["gdrive"],
    parameters: { region: "string", status: "string", file: "string" },
    values: (task) => ({
      region: pick(regions, task),
      status: pick(orderStates, task + 1),
      file: `./workspace/orders-${task}.csv`,
    }),
    ask: ({ region, status, file }) =>
      `Save the ${status} orders of the region ${region} from the orders sheet as a CSV file ${file}.`,
    body: ({ region, status, file }) => `${sheet}
const wanted = rows.filter((row: any) => row.Region === ${region} && row.Status === ${status});
const head = ["Order ID", "Date", "Customer", "Amount"];
const lines = wanted.map((row: any) => head.map((name) => JSON.stringify(row[name])).join(","));
await fs.writeFile(${file}, [head.join(","), ...lines].join("\\n"));
return { file: ${file}, rows: wanted.length };`,
    expected: ({ region, status, file }) => ({
      file,
      rows: orders.filter(({ Region, Status }) => Region === region && Status === status).length,
    }),
  },
  {
    name: "search-meeting-transcript",
    description: "Searches the transcript document of the meeting for a word and counts the lines that have it.",
    servers: ["gdrive"],
    parameters: { word: "string" },
    values: (task) => ({
      word: pick(["order", "price", "team", "week", "platform", "budget", "data", "risk", "date", "plan"], task),
    }),
    ask: ({ word }) =>
      `Search the transcript document of the meeting (id ${ids.transcript}) for the word "${word}" and count its lines.`,
    body: ({
      word,
    }) => `const { content } = await gdrive.getDocument({ documentId: ${JSON.stringify(ids.transcript)} });
return { lines: String(content).split("\\n").filter((line) => line.toLowerCase().includes(${word})).length };`,
    expected: ({ word }) => ({ lines: countLines(word) }),
  },
];

/** @param {string} word */
function countLines(word) {
  return transcript.split("\n").filter((line) => line.toLowerCase().includes(word)).length;
}
