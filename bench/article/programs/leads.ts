const text = await salesforce.salesforceQueryRecords({
  objectName: "Lead",
  fields: ["FirstName", "Company", "Slack_User_Id__c", "Email_Score__c", "Meeting_Score__c", "Web_Score__c"],
});
const leads = text
  .split("\n\n")
  .slice(1)
  .map((record) => Object.fromEntries([...record.matchAll(/^ +(\w+): (.*)$/gm)].map((m) => [m[1], m[2]])));
const good = leads.filter((l) => (+l.Email_Score__c + +l.Meeting_Score__c + +l.Web_Score__c) / 3 >= 60);
const send = async (l, tries = 3) => {
  const { ok } = await slack.slackPostMessage({
    channel_id: l.Slack_User_Id__c,
    text: `Hi ${l.FirstName}, thank you for your interest in our order platform! I would love to show you what it could do for ${l.Company}. Which day next week suits you for a short call?`,
  });
  if (ok || tries === 1) return ok === true;
  await new Promise((resolve) => setTimeout(resolve, 200));
  return send(l, tries - 1);
};
const sent = await Promise.all(good.map((l) => send(l)));
return { leads: leads.length, sent: sent.filter(Boolean).length, failed: sent.filter((ok) => !ok).length };
