import fs from "fs/promises";

const [, ...lines] = (await fs.readFile("./workspace/leads.csv", "utf8")).split("\n");
await Promise.all(
  lines.map((line) => {
    const [, name, to] = line.split(",");
    return sendgrid.sendEmail({
      to,
      subject: "Your offer",
      text: `Dear ${name}, your offer is ready. Reply to this mail and we call you.`,
    });
  }),
);
console.log(`Mailed ${lines.length} leads`);
