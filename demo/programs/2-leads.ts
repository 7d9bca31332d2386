import * as salesforce from "./servers/salesforce";
import * as slack from "./servers/slack";

const leads = await salesforce.query({
  query: "SELECT Id, FirstName, Company, Slack_Handle__c, Email_Score__c, Meeting_Score__c, Web_Score__c FROM Lead",
});
const good = leads.filter((l) => (l.Email_Score__c + l.Meeting_Score__c + l.Web_Score__c) / 3 >= 60);
await Promise.all(
  good.map((l) =>
    slack.sendMessage({
      channel: l.Slack_Handle__c,
      text: `Hi ${l.FirstName}, thank you for your interest in our order platform! I would love to show you what it could do for ${l.Company}. Which day next week suits you for a short call?`,
    }),
  ),
);
return { leads: leads.length, messaged: good.length };
