// Keys of the packet page: arrows go along the cuts, Space is the checkbox's own, Enter cuts. The
// page is a plain form; nothing here is needed to use it.

import { enabled, isTyping } from "./shortcuts.js";

const form = document.querySelector("[data-packet]");
const cuts = form ? [...form.querySelectorAll("[data-cut]")] : [];

function step(by) {
  const at = cuts.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : cuts.length - 1) : Math.min(Math.max(at + by, 0), cuts.length - 1);
  cuts[next]?.focus();
  cuts[next]?.scrollIntoView({ block: "nearest", inline: "center" });
}

form?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !enabled()) return;
  if (event.key === "ArrowRight") step(1);
  else if (event.key === "ArrowLeft") step(-1);
  else if (event.key === "Enter" && cuts.includes(event.target)) form.querySelector("[data-packet-go]").click();
  else return;
  event.preventDefault();
});
