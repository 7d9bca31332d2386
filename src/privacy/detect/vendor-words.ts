/**
 * Services that give out keys. A field that is called after one and holds something drawn at random holds its key, even
 * if it does not say "key": `algolia: …`, `sumologic.accessId = …`.
 */
export const vendorWords: ReadonlySet<string> = new Set(
  (
    "adafruit adobe airtable algolia alibaba aliyun alchemy amplitude anthropic artifactory asana atlassian auth0 auth aws azure beamer " +
    "bitbucket bitly bittrex braintree brevo bugsnag buildkite circleci cisco clearbit clickup clojars cloudflare cloudinary codecov " +
    "cohere coinbase confluent contentful contentstack databricks datadog deepgram deepseek defined digitalocean discord " +
    "docker doppler droneci dropbox duffel dynatrace easypost elastic etsy facebook fastly finicity finnhub firebase flickr " +
    "flutterwave flyio freemius freshbooks gitea github gitlab gitter gocardless google grafana groq harness hashicorp " +
    "helicone heroku hubspot huggingface infracost infura intercom intra jfrog jira kraken kucoin launchdarkly line linear linkedin " +
    "litellm lob looker mailchimp mailgun mailjet mapbox mattermost maxmind meraki messagebird mixpanel mistral netlify " +
    "newrelic notion npm nuget nytimes octopus okta openai openrouter openshift opsgenie pagerduty paypal perplexity phrase pinecone plaid " +
    "planetscale plivo posthog postman postmark prefect privateai pulumi pusher rapidapi readme replicate resend rollbar " +
    "rubygems scaleway scalingo segment sendbird sendgrid sendinblue sentry settlemint shippo shopify sidekiq slack " +
    "snowflake snyk sonar sonarqube sourcegraph splunk square squarespace stability statuspage stripe sumo sumologic supabase tailscale telegram " +
    "tencent terraform together travis trello twilio twitch twitter typeform unsplash vercel vultr wakatime weights xai " +
    "yandex zendesk zeplin zoom"
  ).split(" "),
);
