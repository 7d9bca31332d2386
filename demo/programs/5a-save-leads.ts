import fs from "fs/promises";

const leads = await salesforce.query({
  query: "SELECT Id, FirstName, Email FROM Lead WHERE Status = 'Qualified' AND LeadSource = 'Webinar'",
});
const csv = leads.map((l) => [l.Id, l.FirstName, l.Email].join(","));
await fs.writeFile("./workspace/leads.csv", ["Id,FirstName,Email", ...csv].join("\n"));
console.log(`Saved ${leads.length} leads`);
