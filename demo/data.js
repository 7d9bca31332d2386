import { createRandom } from "./random.js";
import { makeTranscript } from "./transcript.js";

const seed = 20_261_123;

/** Ids that the scenarios name. */
export const ids = {
  transcript: "abc123",
  orders: "1oRd3rs2026q4Wx9",
  lead: "00Q5f000001abcXYZ",
  deployments: "C123456",
  sales: "C0SALES01",
};

/**
 * One lead, with the field names of its Salesforce object.
 * @typedef {Record<string, string | number | null> & { Id: string, FirstName: string, LastName: string, Company: string,
 *   Email: string, Email_Score__c: number, Meeting_Score__c: number, Web_Score__c: number, Status: string,
 *   Country: string, Slack_Handle__c: string }} Lead
 */

/**
 * One row of the orders sheet.
 * @typedef {{ "Order ID": string, "Date": string, "Customer": string, "Region": string, "Product": string,
 *   "Quantity": number, "Amount": number, "Status": string }} Order
 */

const firstNames = [
  "Ada",
  "Amir",
  "Anouk",
  "Bea",
  "Ben",
  "Carla",
  "Chidi",
  "Dario",
  "Eleni",
  "Emil",
  "Farah",
  "Finn",
  "Greta",
  "Hugo",
  "Ilse",
  "Ivan",
  "Jonas",
  "Kaya",
  "Lena",
  "Luca",
  "Maya",
  "Mehmet",
  "Nadia",
  "Noor",
  "Omar",
  "Paula",
  "Quentin",
  "Rosa",
  "Samir",
  "Sofia",
  "Tarik",
  "Uma",
  "Vera",
  "Wim",
  "Ximena",
  "Yara",
  "Zoe",
];
const lastNames = [
  "Abel",
  "Andersen",
  "Baumann",
  "Bianchi",
  "Costa",
  "Dubois",
  "Eriksen",
  "Fischer",
  "Garcia",
  "Haddad",
  "Ibrahim",
  "Jansen",
  "Kowalski",
  "Lindqvist",
  "Moreau",
  "Novak",
  "Okafor",
  "Petrov",
  "Quinn",
  "Rossi",
  "Schmidt",
  "Tanaka",
  "Ueda",
  "Vasquez",
  "Weber",
  "Yilmaz",
  "Zhang",
];
const companies = [
  "Alder & Finch",
  "Bluepeak",
  "Cobalt Freight",
  "Dunmore Foods",
  "Elm Street Labs",
  "Fjordline",
  "Granite Works",
  "Harbour Optics",
  "Ivory Textiles",
  "Juniper Retail",
  "Kestrel Energy",
  "Lumen Press",
  "Meridian Parts",
  "Norvik Paper",
  "Oakwell",
  "Pinecrest Dairy",
  "Quarry Stone",
  "Redfern Bikes",
  "Saltmarsh",
  "Tidewater Tools",
];
const titles = [
  "Head of Operations",
  "IT Manager",
  "Finance Director",
  "Owner",
  "Supply Chain Lead",
  "Purchasing Manager",
  "CTO",
  "Data Analyst",
];
const countries = ["Germany", "France", "Spain", "Italy", "Poland", "Netherlands", "Sweden", "Portugal"];
const industries = ["Retail", "Logistics", "Manufacturing", "Food", "Energy", "Media"];
const sources = ["Web", "Trade Show", "Partner Referral", "Webinar"];
const statuses = ["New", "Working", "Qualified", "Nurturing", "Unqualified"];
const products = [
  "Desk lamp",
  "Office chair",
  "Standing desk",
  "Monitor arm",
  "Filing cabinet",
  "Whiteboard",
  "Conference phone",
  "Cable tray",
];
const regions = ["North", "South", "East", "West"];
const orderStatuses = ["shipped", "pending", "delivered", "cancelled", "returned"];

/** @returns {{ id: string, title: string, content: string }} the two-hour meeting */
export function makeMeeting() {
  return {
    id: ids.transcript,
    title: "Northwind Trading evaluation meeting: transcript",
    content: makeTranscript(seed),
  };
}

/** @returns {Lead[]} 500 leads; the first is the one of the meeting */
export function makeLeads() {
  const random = createRandom(seed + 1);
  return Array.from({ length: 500 }, (_, index) => {
    const isCustomer = index === 0;
    const first = isCustomer ? "Dana" : random.pick(firstNames);
    const last = isCustomer ? "Whitfield" : random.pick(lastNames);
    const company = isCustomer ? "Northwind Trading" : random.pick(companies);
    const handle = `${first}.${last}`.toLowerCase() + index;
    const score = () => random.integer(0, 100);
    return {
      Id: isCustomer ? ids.lead : `00Q5f00000${(index * 7_919).toString(36).toUpperCase().padStart(5, "0")}AA`,
      FirstName: first,
      LastName: last,
      Company: company,
      Title: random.pick(titles),
      Email: `${handle}@${company.toLowerCase().replace(/[^a-z]+/g, "-")}.example`,
      Phone: `+1 ${random.integer(201, 989)} 555-01${String(random.integer(0, 99)).padStart(2, "0")}`,
      Country: random.pick(countries),
      Industry: random.pick(industries),
      LeadSource: random.pick(sources),
      Status: random.pick(statuses),
      Email_Score__c: score(),
      Meeting_Score__c: score(),
      Web_Score__c: score(),
      Slack_Handle__c: `@${handle}`,
      Notes: null,
      CreatedDate: toDay(random.integer(0, 320)),
    };
  });
}

/** @returns {Order[]} 10,000 orders */
export function makeOrders() {
  const random = createRandom(seed + 2);
  return Array.from({ length: 10_000 }, (_, index) => {
    const quantity = random.integer(1, 40);
    return {
      "Order ID": `SO-${100_000 + index}`,
      Date: toDay(random.integer(0, 320)),
      Customer: random.pick(companies),
      Region: random.pick(regions),
      Product: random.pick(products),
      Quantity: quantity,
      // Whole cents, so that sums are exact to the cent.
      Amount: (quantity * random.integer(1_900, 89_900)) / 100,
      Status: random.pick(orderStatuses),
    };
  });
}

/** @param {number} day of 2026, from 0 @returns {string} */
function toDay(day) {
  return new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10);
}
