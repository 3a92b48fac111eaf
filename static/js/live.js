// Follows the clinic's events and refreshes the fragments that show them.
//
// An element says what it shows: data-live="document task" (event types) and, when it is about one
// record, data-live-ref="<id>". Its hx-get is fetched on the htmx trigger "live". Events are hints:
// what is shown always comes from the server under the user's own permission.

import { toastFor } from "./toasts.js";

const COALESCE_MS = 300;
const POLL_MS = 5000;
const SILENCE_MS = 60000;
const MAX_WAIT_MS = 30000;
const DOWN_AFTER = 2;

const state = { cursor: null, socket: null, tries: 0, poll: null, heard: 0, leaving: false };
const due = new Map();

function show(mode) {
  const words = { on: "Live", off: "Reconnecting…", polling: "Reconnecting…" };
  for (const spot of document.querySelectorAll("[data-live-indicator]")) {
    spot.hidden = false;
    spot.dataset.state = mode;
    spot.title = mode === "on" ? "This page follows every change" : "Updated every few seconds meanwhile";
    spot.querySelector("[data-live-text]").textContent = words[mode];
  }
}

/** True while somebody types in this element: it is refreshed when they leave it. */
function isBeingEdited(element) {
  const active = document.activeElement;
  return element.contains(active) && active.matches("input:not([type=checkbox],[type=radio]), textarea, select");
}

function refresh(element) {
  due.delete(element);
  if (!element.isConnected) return;
  if (isBeingEdited(element)) {
    document.activeElement.addEventListener("blur", () => later(element), { once: true });
    return;
  }
  window.htmx?.trigger(element, "live");
}

function later(element) {
  if (due.has(element)) return;
  due.set(element, setTimeout(refresh, COALESCE_MS, element));
}

function concerns(element, event) {
  if (!element.dataset.live.split(" ").includes(event.type)) return false;
  const ref = element.dataset.liveRef;
  return !ref || Object.values(event.doc ?? {}).some((value) => String(value) === ref);
}

function refreshAll() {
  for (const element of document.querySelectorAll("[data-live]")) later(element);
}

/** Takes one event; an event already seen (both ways in use for a moment) changes nothing. */
function receive(event) {
  if (state.cursor !== null && event.seq <= state.cursor) return;
  state.cursor = event.seq;
  for (const element of document.querySelectorAll("[data-live]")) {
    if (concerns(element, event)) later(element);
  }
  document.dispatchEvent(new CustomEvent("backline:event", { detail: event }));
  void toastFor(event);
}

function frame(message) {
  state.heard = Date.now();
  if (message.seq === undefined || message.type === "pong") return;
  if (message.type === "hello") {
    if (state.cursor === null) state.cursor = message.seq;
  } else if (message.type === "resync") {
    state.cursor = message.seq;
    refreshAll();
  } else {
    receive(message);
  }
}

function connect() {
  const { protocol, host } = window.location;
  const address = `${protocol === "https:" ? "wss" : "ws"}://${host}${document.body.dataset.socket}`;
  const socket = new WebSocket(address);
  state.socket = socket;
  socket.addEventListener("open", () => {
    state.tries = 0;
    state.heard = Date.now();
    stopPolling();
    show("on");
    socket.send(JSON.stringify({ action: "subscribe", after: state.cursor }));
  });
  socket.addEventListener("message", (event) => frame(JSON.parse(event.data)));
  socket.addEventListener("close", (event) => {
    if (state.leaving || state.socket !== socket) return;
    state.socket = null;
    if (event.code === 4401 || event.code === 4403) {
      window.location.reload();
      return;
    }
    reconnect();
  });
}

function reconnect() {
  state.tries += 1;
  show(state.poll ? "polling" : "off");
  if (state.tries >= DOWN_AFTER) startPolling();
  const wait = Math.min(MAX_WAIT_MS, 500 * 2 ** state.tries) * (0.5 + Math.random() / 2);
  setTimeout(() => {
    if (!state.leaving && !state.socket) connect();
  }, wait);
}

async function pollOnce() {
  const query = new URLSearchParams({ after: state.cursor ?? "", limit: "200" });
  if (state.cursor === null) query.delete("after");
  const answer = await fetch(`${document.body.dataset.events}?${query}`, {
    headers: { Accept: "application/json" },
  }).catch(() => null);
  if (answer?.status === 401 || answer?.status === 403) window.location.reload();
  if (!answer?.ok) return;
  for (const event of await answer.json()) receive(event);
}

function startPolling() {
  if (state.poll) return;
  show("polling");
  void pollOnce();
  state.poll = setInterval(() => void pollOnce(), POLL_MS);
}

function stopPolling() {
  clearInterval(state.poll);
  state.poll = null;
}

/** A socket may die without a close frame: ping it, and drop it after a minute of silence. */
function watch() {
  const socket = state.socket;
  if (socket?.readyState !== WebSocket.OPEN) return;
  if (Date.now() - state.heard > SILENCE_MS) socket.close();
  else socket.send(JSON.stringify({ action: "ping" }));
}

/** Keeps focus inside a refreshed fragment when the focused element has no id of its own. */
function keepFocus() {
  const kept = new Map();
  document.addEventListener("htmx:beforeSwap", (event) => {
    const active = document.activeElement;
    const target = event.detail.target;
    const href = active?.getAttribute("href");
    if (!target?.contains(active) || active.id || !href) return;
    kept.set(target.id, `a[href="${CSS.escape(href)}"]`);
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const [id, link] of kept) {
      if (document.activeElement !== document.body) break;
      document.getElementById(id)?.querySelector(link)?.focus({ preventScroll: true });
    }
    kept.clear();
  });
}

/** A fragment that turns out to be a whole page is the sign-in page: load it as a page. */
function guardSession() {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const text = event.detail.xhr?.responseText ?? "";
    if (!/^\s*<!doctype html/i.test(text)) return;
    event.detail.shouldSwap = false;
    window.location.reload();
  });
}

export function start() {
  const { clinic, seq } = document.body.dataset;
  if (!clinic) return;
  state.cursor = seq === "" || seq === undefined ? null : Number(seq);
  keepFocus();
  guardSession();
  connect();
  setInterval(watch, 25000);
  window.addEventListener("pagehide", () => {
    state.leaving = true;
    state.socket?.close();
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    state.leaving = false;
    state.socket = null;
    refreshAll();
    connect();
  });
}
