const notes = await gdrive.readGoogleDoc({ documentId: "abc123" });
return await salesforce.salesforceDmlRecords({
  operation: "update",
  objectName: "Lead",
  records: [{ Id: "00Q5f000001abcXYZ", Notes: notes }],
});
