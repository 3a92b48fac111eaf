// The split-pane review: fields and boxes follow each other, and a document can be checked without
// touching the mouse. The page is a plain form; everything here only moves focus and presses its
// buttons.

import { enabled, isTyping, undoLast } from "./shortcuts.js";
import { startViewer } from "./viewer.js";

const root = document.querySelector("[data-review]");
const form = root?.querySelector("[data-review-form]");
const viewer = root ? startViewer(root) : null;
const undo = [];
const SETTLE_MS = 250;
const opened = performance.now();
let current = null;
let sent = false;

const all = () => [...root.querySelectorAll("[data-field]")];
const doubtful = () => all().filter((field) => field.hasAttribute("data-doubtful"));
const open = () => doubtful().filter((field) => field.dataset.state !== "accepted");
const inputOf = (field) => field.querySelector("[data-input]");
const removeOf = (field) => field.querySelector(".remove input");
const byId = (id) => root.querySelector(`[data-field="${CSS.escape(id)}"]`);

/** Keys act on the field itself; its input is entered with e, with Tab or by a click. */
function focusField(field, edit) {
  const input = inputOf(field);
  if (input && (edit || !enabled())) {
    input.focus({ preventScroll: true });
    if (edit) input.select();
    return;
  }
  field.tabIndex = -1;
  field.focus({ preventScroll: true });
}

function activate(field, { focus = true, show = true, edit = false } = {}) {
  if (current !== field) {
    current?.classList.remove("active");
    current = field;
    field.classList.add("active");
  }
  if (focus) {
    focusField(field, edit);
    field.scrollIntoView({ block: "nearest" });
  }
  if (show) viewer.showBox(field.dataset.field);
}

function tell() {
  const left = open().length;
  const spot = root.querySelector("[data-progress]");
  if (spot) spot.textContent = left ? `${left} to check` : "Everything is checked";
  const count = root.querySelector("[data-left]");
  if (count) count.textContent = String(left);
}

function mark(field, state) {
  if (state) field.dataset.state = state;
  else delete field.dataset.state;
  tell();
}

function step(direction) {
  const fields = all().filter(inputOf);
  const at = fields.indexOf(current);
  const next = fields[Math.min(Math.max(at + direction, 0), fields.length - 1)];
  if (!next) return;
  activate(next);
}

function nextOpen(after) {
  const rest = open();
  const fields = doubtful();
  return rest.find((field) => fields.indexOf(field) > fields.indexOf(after)) ?? rest[0];
}

function patientMissing() {
  const choice = root.querySelector("[data-patient-required]");
  return Boolean(choice) && !form.querySelector("input[name=patient_id]:checked");
}

/** Accepts all of it; the server shows the next document, and a note there takes this back. */
function approve() {
  const button = root.querySelector("[data-approve]");
  if (!button || sent) return;
  if (patientMissing()) {
    askForPatient();
    return;
  }
  sent = true;
  form.requestSubmit(button);
}

function askForPatient() {
  const spot = root.querySelector("[data-progress]");
  if (spot) spot.textContent = "Choose the patient first";
  const choice = document.getElementById("patient-choice");
  choice.scrollIntoView({ block: "nearest" });
  (choice.querySelector("input[type=radio]") ?? document.getElementById("patient-q")).focus();
}

function accept(field) {
  if (field.dataset.state !== "accepted") {
    undo.push({ field, state: field.dataset.state });
    mark(field, "accepted");
  }
  const next = nextOpen(field);
  if (next) activate(next);
  else root.querySelector("[data-approve]")?.focus({ preventScroll: true });
}

/** The n-th of the patients it may belong to. */
function pickPatient(number) {
  const choices = form?.querySelectorAll("#patient-choice input[name=patient_id]") ?? [];
  const choice = choices[number - 1];
  if (!choice) return false;
  choice.checked = true;
  choice.focus({ preventScroll: true });
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

function findPatient() {
  const search = document.getElementById("patient-q");
  if (!search) return;
  search.closest("details").open = true;
  search.focus();
}

function toggleRemove(field) {
  const box = removeOf(field);
  if (!box) return;
  undo.push({ field, removed: box.checked });
  box.checked = !box.checked;
  if (field.hasAttribute("data-doubtful")) mark(field, box.checked ? "accepted" : "");
}

/** The last step on this page, or else the document decided before it. */
function takeBack() {
  const last = undo.pop();
  if (!last) {
    undoLast();
    return;
  }
  if ("removed" in last) {
    removeOf(last.field).checked = last.removed;
    mark(last.field, "");
  } else if ("value" in last) {
    const input = inputOf(last.field);
    input.value = last.value;
    last.field.dataset.was = last.value;
    last.field.classList.toggle("changed", input.value !== input.defaultValue);
  } else {
    mark(last.field, last.state ?? "");
  }
  activate(last.field);
}

function openReject() {
  const menu = root.querySelector("[data-reject]");
  if (!menu) return;
  menu.open = true;
  menu.querySelector("textarea").focus();
}

/** Enter in an input ends its editing; anywhere else it accepts the document as it stands. */
function onEnter(event, field) {
  if (event.repeat || performance.now() - opened < SETTLE_MS) return true;
  const { target } = event;
  const plain = !event.ctrlKey && !event.metaKey;
  if (plain && target.matches("summary, a, button:not([data-approve]), textarea[name=reason]")) return false;
  if (plain && target.matches("textarea") && event.shiftKey) return false;
  if (plain && target.id === "patient-q") return true;
  if (plain && field && isTyping(target)) {
    target.dispatchEvent(new Event("change", { bubbles: true }));
    focusField(field, false);
    return true;
  }
  if (form && root.dataset.editable === "1") approve();
  return true;
}

function onKey(event) {
  if (document.querySelector("dialog[open]") || event.defaultPrevented) return;
  // What is written to the copilot is no key of the review: Enter there must not accept anything.
  if (event.target.closest?.("[data-copilot]")) return;
  const field = event.target.closest?.("[data-field]") ?? (event.target === document.body ? current : null);
  let done = true;
  if (event.key === "Enter") {
    done = onEnter(event, field);
  } else if (event.key === "Escape" && field && isTyping(event.target)) {
    focusField(field, false);
  } else if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || !enabled()) {
    return;
  } else if (event.key === "j" || event.key === "k") {
    step(event.key === "j" ? 1 : -1);
  } else if (event.key === "e" && current) {
    activate(current, { edit: true });
  } else if (event.key === "x" && (field ?? current)) {
    toggleRemove(field ?? current);
  } else if (event.key === "z") {
    takeBack();
  } else if (event.key === " " && event.target === field && field?.hasAttribute("data-doubtful")) {
    accept(field);
  } else if (event.key === "t") {
    document.getElementById("kind")?.focus();
  } else if (event.key === "p") {
    findPatient();
  } else if (/^[1-9]$/.test(event.key)) {
    done = pickPatient(Number(event.key));
  } else if (event.key === "s" && root.querySelector("[data-packet-link]")) {
    root.querySelector("[data-packet-link]").click();
  } else if (event.key === "r") {
    openReject();
  } else {
    done = false;
  }
  if (done) event.preventDefault();
}

function follow() {
  root.addEventListener("focusin", (event) => {
    const field = event.target.closest("[data-field]");
    if (field) activate(field, { focus: false });
  });
  root.addEventListener("click", (event) => {
    const box = event.target.closest("[data-box]");
    const show = event.target.closest("[data-show-box]");
    const taken = event.target.closest("[data-accept]");
    if (box || show) event.preventDefault();
    if (box && byId(box.dataset.box)) activate(byId(box.dataset.box), { show: false, edit: true });
    if (box) viewer.mark(box.dataset.box);
    if (show) viewer.showBox(show.dataset.showBox);
    if (taken) accept(taken.closest("[data-field]"));
  });
  form.addEventListener("change", (event) => {
    const field = event.target.closest("[data-field]");
    if (!field || !event.target.matches("[data-input]")) return;
    const before = field.dataset.was ?? event.target.defaultValue;
    if (event.target.value === before) return;
    undo.push({ field, value: before });
    field.dataset.was = event.target.value;
    field.classList.toggle("changed", event.target.value !== event.target.defaultValue);
  });
}

function begin() {
  follow();
  document.addEventListener("keydown", onKey, { capture: true });
  for (const button of root.querySelectorAll("[data-accept]")) button.hidden = false;
  const wanted = root.dataset.selected && byId(root.dataset.selected);
  if (wanted) {
    activate(wanted, { focus: root.dataset.editable === "1" });
    wanted.scrollIntoView({ block: "center" });
  } else if (root.dataset.editable !== "1" || document.getElementById("error-summary")) return;
  else if (open()[0]) activate(open()[0]);
  else root.querySelector("[data-approve]")?.focus({ preventScroll: true });
}

if (root) {
  if (form) begin();
  else if (root.dataset.selected) viewer.showBox(root.dataset.selected);
}
