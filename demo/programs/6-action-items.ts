const { content } = await gdrive.getDocument({ documentId: "abc123" });
const items = content.split("\n").flatMap((line) => line.split("Action item for ")[1] ?? []);
await slack.sendMessage({ channel: "C0SALES01", text: items.map((item) => `• ${item}`).join("\n") });
return items.length;
