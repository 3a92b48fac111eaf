// Short notes in the corner. Texts about patients come from the server as a fragment, rendered
// under the user's own permission; an event only says which fragment to ask for.

const STAY_MS = 7000;
const STAY_UNDO_MS = 20000;
const BURST = 3;
const box = () => document.getElementById("toasts");
let recent = [];

function dismiss(item) {
  item.remove();
}

function arm(item) {
  if (item.dataset.armed) return;
  item.dataset.armed = "1";
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button-quiet button-small";
  close.textContent = "Dismiss";
  close.addEventListener("click", () => dismiss(item));
  item.append(close);
  const stay = item.querySelector("[data-undo]") ? STAY_UNDO_MS : STAY_MS;
  let timer = setTimeout(dismiss, stay, item);
  const hold = () => clearTimeout(timer);
  const go = () => {
    clearTimeout(timer);
    timer = setTimeout(dismiss, stay, item);
  };
  item.addEventListener("pointerenter", hold);
  item.addEventListener("focusin", hold);
  item.addEventListener("pointerleave", go);
  item.addEventListener("focusout", go);
}

/** Shows a sentence of the page's own (never of an event). Returns the element. */
export function toast(text, { action, onAction } = {}) {
  const item = document.createElement("div");
  item.className = "toast";
  const words = document.createElement("p");
  words.className = "grow";
  words.textContent = text;
  item.append(words);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small";
    button.textContent = action;
    button.addEventListener("click", () => {
      dismiss(item);
      onAction();
    });
    item.append(button);
  }
  box()?.append(item);
  arm(item);
  return item;
}

const NEWS = {
  document: (event) => ["not_ingested", "rejected", "ingested"].includes(event.doc?.status),
  task: (event) => event.op === "insert" && event.doc?.kind !== "document_review",
};

/** Asks the server for the toast of an event worth one; a burst is told as one line. */
export async function toastFor(event) {
  if (!NEWS[event.type]?.(event)) return;
  const id = event.doc[`${event.type}_id`] ?? event.doc.id;
  if (!id || document.querySelector(`[data-no-toast="${CSS.escape(id)}"]`)) return;
  const now = Date.now();
  recent = recent.filter((at) => now - at < 4000);
  recent.push(now);
  if (recent.length > BURST) {
    const seen = box()?.querySelector("[data-burst]");
    const text = `${recent.length} updates in the last seconds`;
    if (seen) seen.querySelector("p").textContent = text;
    else toast(text).dataset.burst = "1";
    return;
  }
  const query = new URLSearchParams({ type: event.type, id, op: event.op });
  const answer = await fetch(`${document.body.dataset.toast}?${query}`, {
    headers: { "HX-Request": "true" },
    redirect: "error",
  }).catch(() => null);
  if (answer?.status !== 200) return;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  const item = holder.content.querySelector("[data-toast-item]");
  if (item && box()) {
    box().append(item);
    arm(item);
  }
}

export function start() {
  for (const item of document.querySelectorAll("[data-toast-item]")) arm(item);
}
