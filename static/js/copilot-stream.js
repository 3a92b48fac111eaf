// Speaks AG-UI with POST /api/copilot: sends a run, follows a thread, stops it.

const ADDRESS = "/api/copilot";
const AGENT = "default";

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function post(body, signal) {
  const answer = await fetch(ADDRESS, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "text/event-stream, application/json",
      "X-CSRFToken": document.getElementById("copilot").dataset.csrf,
    },
    body: JSON.stringify(body),
    signal,
  });
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, said.detail ?? "");
}

/** Reads a text/event-stream: each frame's JSON goes to `take`. */
async function read(answer, take) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop();
    for (const frame of frames) {
      const data = frame.split("\n").filter((line) => line.startsWith("data:"));
      if (data.length) take(JSON.parse(data.map((line) => line.slice(5)).join("\n")));
    }
  }
}

/** Asks something, or answers approvals with `resume`; resolves when the stream has ended. */
export async function run({ thread, runId, messages, resume, page, signal, take }) {
  const body = {
    protocolVersion: "1.0",
    threadId: thread,
    runId,
    messages,
    state: {},
    tools: [],
    context: [{ description: "page", value: JSON.stringify(page) }],
    forwardedProps: {},
  };
  if (resume) body.resume = resume;
  await read(await post(body, signal), take);
}

/** Everything of a thread from its beginning, and on until its run ends. */
export async function connect({ thread, signal, take }) {
  const body = { method: "agent/connect", params: { agentId: AGENT, threadId: thread }, body: { threadId: thread } };
  await read(await post(body, signal), take);
}

export async function stop(thread) {
  await post({ method: "agent/stop", params: { agentId: AGENT, threadId: thread } });
}
