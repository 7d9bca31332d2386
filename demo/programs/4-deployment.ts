import * as slack from "./servers/slack";

let done;
while (!done) {
  const messages = await slack.getChannelHistory({ channel: "C123456", limit: 5 });
  done = messages.find((m) => m.text.includes("deployment complete"));
  if (!done) await new Promise((resolve) => setTimeout(resolve, 500));
}
await slack.sendMessage({ channel: "C0SALES01", text: `Live now: ${done.text}` });
console.log(done.text);
