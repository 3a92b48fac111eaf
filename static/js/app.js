// Entry of every signed-in page.

import { start as startBulk } from "./bulk.js";
import { start as startCopilot } from "./copilot.js";
import { start as startLive } from "./live.js";
import { start as startShortcuts } from "./shortcuts.js";
import { start as startToasts } from "./toasts.js";

for (const element of document.querySelectorAll("[data-hide-with-js]")) element.hidden = true;
for (const select of document.querySelectorAll("[data-submit-on-change]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
document.querySelector("[data-focus]")?.focus();

// The address follows a search as it is typed, so that a reload or a bookmark shows the same list.
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("[data-url-sync]");
  if (!form || !event.detail.successful) return;
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  const address = `${window.location.pathname}${query.size ? `?${query}` : ""}`;
  window.history.replaceState(null, "", address);
});

// An open menu closes on Escape and on a click elsewhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

startToasts();
document.addEventListener("htmx:oobAfterSwap", startToasts);
startBulk();
startShortcuts();
startLive();
startCopilot();

// A document being read shows its result as soon as there is one.
document.addEventListener("htmx:afterSettle", () => {
  const done = document.querySelector("[data-reload-when-final] [data-final='1']");
  const changed = document.querySelector("[data-reload-when-final]") && done;
  if (changed) window.location.reload();
});
