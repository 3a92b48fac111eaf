// The copilot's panel on every page: opens and closes, asks, follows, stops, remembers its thread.

import { Log } from "./copilot-log.js";
import { connect, Refused, run, stop } from "./copilot-stream.js";
import { enabled, isTyping } from "./shortcuts.js";

const state = { panel: null, log: null, thread: "", aborts: null, running: false, opener: null, loaded: false };

function stored(name, value) {
  const key = `backline.copilot.${name}.${document.body.dataset.clinic}.${state.panel.dataset.person}`;
  try {
    if (value === undefined) return localStorage.getItem(key) ?? "";
    if (value) localStorage.setItem(key, value);
    else localStorage.removeItem(key);
  } catch {
    // Storage refused: the panel forgets.
  }
  return value ?? "";
}

function part(name) {
  return state.panel.querySelector(`[data-copilot-${name}]`);
}

function announce(text) {
  part("status").textContent = text;
}

function busy(on) {
  state.running = on;
  state.panel.toggleAttribute("data-busy", on);
  part("log").setAttribute("aria-busy", String(on));
  part("stop").hidden = !on;
  part("send").hidden = on;
  part("working").hidden = !on;
  part("suggestions").hidden = on || !state.log.isEmpty;
}

async function attempt(work) {
  state.aborts?.abort();
  const aborts = new AbortController();
  state.aborts = aborts;
  busy(true);
  announce("Working…");
  try {
    await work(aborts.signal);
  } catch (error) {
    if (aborts.signal.aborted) return;
    if (error instanceof Refused) refused(error);
    else await reconnect();
  } finally {
    if (state.aborts === aborts) {
      busy(false);
      const waiting = [...state.log.previews.values()].at(-1);
      if (waiting && state.panel.contains(document.activeElement)) waiting.title.focus();
      announce(waiting ? "Waiting for your decision." : "Answered.");
    }
  }
}

function refused(error) {
  if (error.status === 401) window.location.reload();
  else if (error.status === 429) state.log.note("Too many questions at once. Wait a moment.", "is-bad");
  else state.log.note(error.message || "This did not work.", "is-bad");
}

/** The connection broke while the run goes on: everything of the thread again, then the rest. */
async function reconnect(tries = 0) {
  announce("Connecting again…");
  await new Promise((done) => setTimeout(done, Math.min(8000, 500 * 2 ** tries)));
  state.log.clear();
  try {
    await connect({ thread: state.thread, signal: state.aborts.signal, take: (event) => state.log.take(event) });
  } catch (error) {
    if (state.aborts.signal.aborted) return;
    if (error instanceof Refused) refused(error);
    else if (tries < 5) await reconnect(tries + 1);
    else state.log.note("The connection is down. Your question is kept; open the panel again later.", "is-bad");
  }
}

function ask(text) {
  if (!text || state.running) return;
  if (!state.thread) state.thread = stored("thread", crypto.randomUUID());
  const id = crypto.randomUUID();
  state.log.passOver();
  state.log.question(id, text);
  void attempt((signal) => send({ messages: [{ id, role: "user", content: text }], signal }));
}

function decide(interrupt, approved) {
  if (state.running) return;
  state.log.decided(interrupt.id, approved);
  part("text").focus();
  const resume = [{ interruptId: interrupt.id, status: "resolved", payload: { approved } }];
  for (const id of state.log.previews.keys()) resume.push({ interruptId: id, status: "cancelled" });
  void attempt((signal) => send({ messages: [], resume, signal }));
}

/** Sends, and follows to the run's end; a stream that breaks off before it is followed anew. */
async function send({ messages, resume, signal }) {
  let ended = false;
  await run({
    thread: state.thread,
    runId: crypto.randomUUID(),
    messages,
    resume,
    page: JSON.parse(state.panel.dataset.page || "{}"),
    signal,
    take: (event) => {
      ended ||= event.type === "RUN_FINISHED" || event.type === "RUN_ERROR";
      state.log.take(event);
    },
  });
  if (!ended) throw new Error("The stream broke off.");
}

/** Shows a thread from its beginning. */
function show(thread) {
  state.thread = stored("thread", thread);
  state.log.clear();
  part("history").hidden = true;
  part("talk").hidden = false;
  if (!thread) {
    state.aborts?.abort();
    busy(false);
    return;
  }
  void attempt((signal) => connect({ thread, signal, take: (event) => state.log.take(event) }));
}

function open(focus) {
  state.panel.hidden = false;
  document.documentElement.dataset.copilot = "open";
  stored("open", "1");
  for (const one of document.querySelectorAll("[data-copilot-toggle]")) one.setAttribute("aria-expanded", "true");
  if (!state.loaded) {
    state.loaded = true;
    if (state.thread) show(state.thread);
    else busy(false);
  }
  if (focus) part("text").focus();
}

function close() {
  state.panel.hidden = true;
  delete document.documentElement.dataset.copilot;
  stored("open", "");
  for (const one of document.querySelectorAll("[data-copilot-toggle]")) one.setAttribute("aria-expanded", "false");
  (state.opener?.isConnected ? state.opener : document.getElementById("content"))?.focus();
}

function toggle(opener) {
  if (!state.panel.hidden) return close();
  state.opener = opener;
  open(true);
}

function history() {
  const list = part("history");
  const showing = list.hidden;
  list.hidden = !showing;
  part("talk").hidden = showing;
  if (showing) window.htmx?.trigger(list, "show-history");
}

function onKey(event) {
  if (event.key === "Escape" && !state.panel.hidden && state.panel.contains(event.target)) {
    event.preventDefault();
    close();
    return;
  }
  const bare = !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented;
  if (event.key !== "c" || !bare || isTyping(event.target) || !enabled()) return;
  if (document.querySelector("dialog[open]")) return;
  event.preventDefault();
  toggle(document.activeElement === document.body ? null : document.activeElement);
}

function wire() {
  const form = part("form");
  const text = part("text");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(text.value.trim());
    if (state.running) text.value = "";
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  part("stop").addEventListener("click", () => {
    void stop(state.thread).catch(() => undefined);
    text.focus();
  });
  part("close").addEventListener("click", close);
  part("new").addEventListener("click", () => {
    show("");
    text.focus();
  });
  part("history-toggle").addEventListener("click", history);
  part("history").addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-thread]");
    if (chosen) show(chosen.dataset.thread);
  });
  part("log").addEventListener("click", (event) => {
    const offered = event.target.closest("a[href^='/copilot?question=']");
    if (!offered || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    ask(new URL(offered.href).searchParams.get("question"));
    text.focus();
  });
  part("suggestions").addEventListener("click", (event) => {
    const chosen = event.target.closest("button");
    if (chosen) ask(chosen.textContent.trim());
  });
}

export function start() {
  state.panel = document.getElementById("copilot");
  if (!state.panel) return;
  state.log = new Log(part("list"), decide);
  state.thread = stored("thread");
  wire();
  for (const one of document.querySelectorAll("[data-copilot-toggle]")) {
    one.setAttribute("role", "button");
    one.setAttribute("aria-expanded", "false");
    one.setAttribute("aria-controls", state.panel.id);
    one.addEventListener("click", (event) => {
      event.preventDefault();
      toggle(one);
    });
    one.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      toggle(one);
    });
  }
  document.addEventListener("keydown", onKey);
  if (stored("open") && window.matchMedia("(min-width: 75rem)").matches) open(false);
}
