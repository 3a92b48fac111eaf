// The split-pane review: fields and boxes follow each other, and a document can be checked without
// touching the mouse. The page is a plain form; everything here only moves focus and presses its
// buttons.

import { enabled, isTyping } from "./shortcuts.js";
import { startViewer } from "./viewer.js";

const root = document.querySelector("[data-review]");
const form = root?.querySelector("[data-review-form]");
const viewer = root ? startViewer(root) : null;
const undo = [];
const SETTLE_MS = 350;
const GRACE_MS = 900;
const opened = performance.now();
let current = null;
let pending = null;

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

function approve() {
  cancelPending();
  const button = root.querySelector("[data-approve]");
  if (!button) return;
  if (patientMissing()) {
    askForPatient();
    return;
  }
  form.requestSubmit(button);
}

function askForPatient() {
  const spot = root.querySelector("[data-progress]");
  if (spot) spot.textContent = "Choose the patient first";
  const choice = document.getElementById("patient-choice");
  choice.scrollIntoView({ block: "nearest" });
  (choice.querySelector("input[type=radio]") ?? document.getElementById("patient-q")).focus();
}

function cancelPending() {
  if (!pending) return false;
  clearTimeout(pending);
  pending = null;
  return true;
}

/** After the last doubtful value: approve, leaving a moment in which z takes it back. */
function approveSoon() {
  if (patientMissing()) {
    askForPatient();
    return;
  }
  const spot = root.querySelector("[data-progress]");
  if (spot) spot.textContent = "Approving… press z to stop";
  root.querySelector("[data-approve]")?.focus({ preventScroll: true });
  pending = setTimeout(approve, GRACE_MS);
}

function accept(field) {
  if (field.dataset.state !== "accepted") {
    undo.push({ field, state: field.dataset.state });
    mark(field, "accepted");
  }
  const next = nextOpen(field);
  if (next) activate(next);
  else approveSoon();
}

function toggleRemove(field) {
  const box = removeOf(field);
  if (!box) return;
  undo.push({ field, removed: box.checked });
  box.checked = !box.checked;
  if (field.hasAttribute("data-doubtful")) mark(field, box.checked ? "accepted" : "");
}

function takeBack() {
  const stopped = cancelPending();
  const last = undo.pop();
  if (!last) {
    if (stopped) tell();
    return;
  }
  if ("removed" in last) {
    removeOf(last.field).checked = last.removed;
    mark(last.field, "");
  } else if ("value" in last) {
    inputOf(last.field).value = last.value;
    last.field.classList.remove("changed");
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

function onEnter(event, field) {
  if (event.repeat || performance.now() - opened < SETTLE_MS) return true;
  if (event.ctrlKey || event.metaKey) {
    approve();
    return true;
  }
  if (event.target.matches("button, a, summary, textarea[name=reason], [type=radio]")) return false;
  if (event.target.matches("textarea") && event.shiftKey) return false;
  if (event.target.id === "patient-q") return true;
  if (field?.hasAttribute("data-doubtful")) {
    accept(field);
    return true;
  }
  if (field) {
    const next = open()[0];
    if (next) activate(next);
    else root.querySelector("[data-approve]")?.focus();
    return true;
  }
  return event.target.matches("input");
}

function onKey(event) {
  if (document.querySelector("dialog[open]") || event.defaultPrevented) return;
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
    undo.push({ field, value: event.target.defaultValue });
    field.classList.toggle("changed", event.target.value !== event.target.defaultValue);
  });
  form.addEventListener("submit", cancelPending);
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
