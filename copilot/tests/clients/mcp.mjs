// The TypeScript SDK of MCP against the server. usage: node mcp.mjs URL TOKEN; prints JSON.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [, , url, token] = process.argv;
const client = new Client({ name: "test", version: "1" });
const headers = { Authorization: `Bearer ${token}` };
await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }));
const call = (name, args) => client.callTool({ name, arguments: args });
const found = { server: client.getServerVersion() };
found.tools = (await client.listTools()).tools.map((tool) => tool.name);
found.read = await call("find_patients", { query: "Maria Lopez" });
found.wrong = await call("find_patients", { limit: 0 });
found.unknown = await call("drop_tables", {});
found.first = await call("careful_task", { title: "from TypeScript" });
const approval = found.first.structuredContent.approval;
found.forged = await call("careful_task", { title: "from TypeScript", approval: "made up" });
found.second = await call("careful_task", { title: "from TypeScript", approval });
found.again = await call("careful_task", { title: "from TypeScript", approval });
let refused = null;
try {
  const stranger = new Client({ name: "test", version: "1" });
  await stranger.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
} catch (error) {
  refused = String(error?.message ?? error);
}
found.refused = refused;
console.log(JSON.stringify(found));
process.exit(0);
