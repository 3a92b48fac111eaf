// Rows that are selected together. The checkboxes belong to the form by their form attribute, so
// that everything works without this; here the bar says how many, and a refreshed list keeps them.

import { enabled, isTyping } from "./shortcuts.js";

const bar = document.querySelector("[data-bulk]");
const picked = new Set();
const boxes = () => [...document.querySelectorAll("[data-pick]")];

function tell() {
  bar.querySelector("[data-bulk-count]").textContent = `${picked.size} selected`;
  bar.hidden = picked.size === 0;
  bar.dataset.ready = "";
  const all = document.querySelector("[data-pick-all]");
  if (all) all.checked = boxes().length > 0 && boxes().every((box) => box.checked);
}

function follow(box) {
  if (box.checked) picked.add(box.value);
  else picked.delete(box.value);
}

function showWho() {
  document.getElementById("bulk-assignee").hidden = document.getElementById("bulk-action").value !== "assign";
}

function restore() {
  const there = new Set(boxes().map((box) => box.value));
  for (const id of picked) if (!there.has(id)) picked.delete(id);
  for (const box of boxes()) box.checked = picked.has(box.value);
  tell();
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]") || isTyping(event.target) || !enabled()) return;
  const box = event.target.closest?.("tr")?.querySelector("[data-pick]");
  if (event.key === "x" && box) {
    box.checked = !box.checked;
    follow(box);
    tell();
  } else if (event.key === "e" && picked.size) {
    document.getElementById("bulk-action").focus();
  } else {
    return;
  }
  event.preventDefault();
}

export function start() {
  if (!bar) return;
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      for (const box of boxes()) {
        box.checked = event.target.checked;
        follow(box);
      }
    } else if (event.target.matches("[data-pick]")) {
      follow(event.target);
    } else if (event.target.id === "bulk-action") {
      showWho();
      return;
    } else {
      return;
    }
    tell();
  });
  document.addEventListener("htmx:afterSettle", restore);
  document.addEventListener("keydown", onKey);
  for (const box of boxes()) follow(box);
  showWho();
  tell();
}
