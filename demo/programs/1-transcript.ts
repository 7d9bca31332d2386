import * as gdrive from "./servers/gdrive";
import * as salesforce from "./servers/salesforce";

const { content } = await gdrive.getDocument({ documentId: "abc123" });
await salesforce.updateRecord({
  objectType: "Lead",
  recordId: "00Q5f000001abcXYZ",
  data: { Notes: content },
});
console.log(`Attached ${content.length} characters`);
