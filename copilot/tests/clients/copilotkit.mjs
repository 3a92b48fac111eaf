// CopilotKit's core, straight against the server (REST and single route) and through a runtime.
// usage: node copilotkit.mjs URL TOKEN; prints JSON, a key for each way.
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { HttpAgent } from "@ag-ui/client";
import { CopilotKitCore } from "@copilotkit/core";
import { CopilotRuntime, createCopilotRuntimeHandler } from "@copilotkit/runtime/v2";

const [, , url, token] = process.argv;
const headers = { Authorization: `Bearer ${token}` };
process.env.COPILOTKIT_TELEMETRY_DISABLED = "true";
globalThis.window ??= globalThis; // core connects only where there is a window

// The runtime's own runner may still hold a thread whose run core has seen finished: it then refuses
// the run that follows a tool, and core tells nobody. Seen on a busy machine only.
let refusals = 0;
const complain = console.error;
console.error = (...said) => {
  if (said.join(" ").includes("Thread already running")) refusals += 1;
  else complain(...said);
};

function until(happened, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  return new Promise((resolve, reject) => {
    const look = () => {
      if (happened()) resolve();
      else if (Date.now() > end) reject(new Error("It did not happen in time."));
      else setTimeout(look, 20);
    };
    look();
  });
}

async function talk(runtimeUrl, runtimeTransport) {
  const core = new CopilotKitCore({ runtimeUrl, runtimeTransport, headers });
  const errors = [];
  core.subscribe({ onError: ({ error, code }) => { errors.push(`${code} ${error?.message}`); } });
  await until(() => core.runtimeConnectionStatus === "connected");
  const shown = [];
  core.addTool({
    name: "show_map",
    description: "Shows a map.",
    handler: async (args) => { shown.push(args); return "shown"; },
  });
  const agent = core.getAgent("default");
  agent.threadId = randomUUID();
  const ask = async (content) => {
    agent.addMessage({ id: randomUUID(), role: "user", content });
    await core.runAgent({ agent });
  };
  await ask("find Maria Lopez");
  const said = agent.messages.at(-1).content;
  const before = refusals;
  await ask('use show_map {"x": 1}');
  if (refusals > before) await core.runAgent({ agent });
  const roles = agent.messages.map((message) => message.role);

  const other = new CopilotKitCore({ runtimeUrl, runtimeTransport, headers });
  await until(() => other.runtimeConnectionStatus === "connected");
  const again = other.getAgent("default");
  again.threadId = agent.threadId;
  await other.connectAgent({ agent: again });
  return {
    description: core.agents.default?.description ?? "",
    said,
    shown,
    roles,
    replayed: again.messages.map((message) => message.role),
    errors,
  };
}

async function throughRuntime() {
  const agents = { default: new HttpAgent({ url: `${url}/api/copilot`, headers }) };
  const handle = createCopilotRuntimeHandler({
    runtime: new CopilotRuntime({ agents }),
    basePath: "/api/copilotkit",
  });
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = parts.length ? Buffer.concat(parts) : undefined;
    const answer = await handle(new Request(`http://127.0.0.1${request.url}`, {
      method: request.method, headers: request.headers, body,
    }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (answer.body) for await (const part of answer.body) response.write(part);
    response.end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return talk(`http://127.0.0.1:${server.address().port}/api/copilotkit`, "rest");
}

const ways = {
  rest: () => talk(`${url}/api/copilot`, "rest"),
  single: () => talk(`${url}/api/copilot`, "single"),
  runtime: throughRuntime,
};
const found = {};
for (const [key, way] of Object.entries(ways)) {
  try {
    found[key] = await way();
  } catch (error) {
    found[key] = { failed: String(error?.stack ?? error) };
  }
}
console.log(JSON.stringify(found));
process.exit(0);
