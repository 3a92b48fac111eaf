// Keyboard shortcuts of every page. Single keys can be switched off (WCAG 2.1.4) and never act
// while somebody types.

const OFF = "backline.shortcuts.off";
const PLACES = { d: "/", i: "/documents", p: "/patients", t: "/tasks" };
let going = 0;

export function enabled() {
  try {
    return localStorage.getItem(OFF) !== "1";
  } catch {
    return true;
  }
}

export function isTyping(target) {
  return target.matches?.("input:not([type=checkbox],[type=radio],[type=file]), textarea, select, [contenteditable]") ?? false;
}

function moveInRows(step) {
  const links = [...document.querySelectorAll("[data-rows] [data-row-link]")];
  if (!links.length) return false;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
  links[next].focus();
  links[next].scrollIntoView({ block: "nearest" });
  return true;
}

/** Takes back what the newest note in the corner offers to. */
export function undoLast() {
  const button = [...document.querySelectorAll("#toasts [data-undo]")].pop();
  button?.form.requestSubmit(button);
  return Boolean(button);
}

function openHelp() {
  const dialog = document.getElementById("keys");
  if (dialog && !dialog.open) dialog.showModal();
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]") || isTyping(event.target) || !enabled()) return;
  if (Date.now() - going < 1200 && PLACES[event.key]) {
    going = 0;
    window.location.assign(PLACES[event.key]);
  } else if (event.key === "g") {
    going = Date.now();
    return;
  } else if (event.key === "?") {
    openHelp();
  } else if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (!search) return;
    search.focus();
    search.select();
  } else if (event.key === "z") {
    if (!undoLast()) return;
  } else if (event.key === "j" || event.key === "k") {
    if (!moveInRows(event.key === "j" ? 1 : -1)) return;
  } else {
    return;
  }
  event.preventDefault();
}

export function start() {
  document.addEventListener("keydown", onKey);
  for (const button of document.querySelectorAll("[data-open-dialog]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      document.getElementById(button.dataset.openDialog)?.showModal();
    });
  }
  for (const box of document.querySelectorAll("[data-shortcuts-toggle]")) {
    box.checked = enabled();
    box.addEventListener("change", () => {
      try {
        localStorage.setItem(OFF, box.checked ? "0" : "1");
      } catch {
        // Storage refused: shortcuts stay as they are.
      }
    });
  }
}
