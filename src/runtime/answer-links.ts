import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Answer, Question } from "../gateway/broker.ts";
import { limits } from "../base/limits.ts";

/** Pages on loopback, one for a question, on which it can be answered once. */
export interface AnswerLinks extends AsyncDisposable {
  /** The address of a question's page; the server starts with the first one. */
  linkOf(question: Question): Promise<string>;
}

const shown = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
  "referrer-policy": "same-origin",
};

/**
 * The address is the secret: it has 256 random bits. Following it changes nothing; the buttons of its page do. `waits`: the
 * question has no answer yet, from anywhere.
 */
export function createAnswerLinks(
  answer: (id: string, answer: Answer) => void,
  waits: (id: string) => boolean,
): AnswerLinks {
  const open = new Map<string, Question>();
  let listening: Promise<Server> | undefined;

  function handle(request: IncomingMessage, response: ServerResponse, port: number): void {
    const say = (status: number, text: string): void => {
      response.writeHead(status, shown).end(toPage("Sluice", `<p>${escape(text)}</p>`));
    };
    // A name that leads here is not how this page is reached.
    if (request.headers.host !== `127.0.0.1:${port}`) return say(421, "Not here");
    const token = (request.url ?? "").slice(1);
    const question = open.get(token);
    if (question === undefined || !waits(question.id)) {
      open.delete(token);
      return say(410, "This question waits no longer");
    }
    if (request.method === "GET") {
      response.writeHead(200, shown).end(toQuestionPage(question));
      return;
    }
    const { origin, "sec-fetch-site": site = "none" } = request.headers;
    if (origin !== undefined && origin !== `http://127.0.0.1:${port}`) return say(403, "Not from there");
    // A browser says whose page sends this, also where it says no origin.
    if (site !== "same-origin" && site !== "none") return say(403, "Not from there");
    if (request.method !== "POST") return say(405, "Use the buttons of the page");
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body = (body + chunk.toString("latin1")).slice(0, 200);
    });
    request.on("end", () => {
      const said = new URLSearchParams(body).get("answer");
      if (said !== "allow-once" && said !== "deny-once") return say(400, "Use the buttons of the page");
      if (!open.delete(token)) return say(410, "This question waits no longer");
      try {
        answer(question.id, said);
        say(200, said === "allow-once" ? "Allowed" : "Denied");
      } catch {
        say(410, "This question waits no longer");
      }
    });
  }

  async function listen(): Promise<Server> {
    const server = createServer({ requestTimeout: 10_000 });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => handle(request, response, port));
    // It keeps no process alive.
    server.unref();
    return server;
  }

  return {
    async linkOf(question) {
      listening ??= listen();
      const server = await listening;
      const token = randomBytes(32).toString("base64url");
      open.set(token, question);
      const [oldest] = open.keys();
      if (open.size > limits.questionsKeptMax && oldest !== undefined) open.delete(oldest);
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/${token}`;
    },
    async [Symbol.asyncDispose]() {
      open.clear();
      const server = await listening?.catch(() => undefined);
      server?.closeAllConnections();
      server?.close();
    },
  };
}

function toQuestionPage({ body, tool, executionId, expiresAt }: Question): string {
  const data = body.data.map(
    ({ class: name, values, samples }) => `<li>${values} × ${escape(name)}: ${escape(samples.join(", "))}</li>`,
  );
  const texts = [...body.arguments, ...(body.program === undefined ? [] : [body.program])];
  return toPage(
    "Sluice asks",
    `<h1>${escape(body.text)}</h1>
    <p>${escape(tool)}, execution ${escape(executionId)}; waits until ${new Date(expiresAt).toISOString()}</p>
    <ul>${data.join("")}</ul>
    ${texts.map((text) => `<pre>${escape(text)}</pre>`).join("")}
    ${body.holds === undefined ? "" : `<p>${escape(body.holds)}</p>`}
    <form method="post">
      <button name="answer" value="allow-once">Allow</button>
      <button name="answer" value="deny-once">Deny</button>
    </form>`,
  );
}

function toPage(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>body{font:16px/1.5 system-ui;max-width:50em;margin:3em auto;padding:0 1em}pre{white-space:pre-wrap;background:#eee;padding:1em}button{font:inherit;padding:.5em 1em}</style>
<body>${body}</body></html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
