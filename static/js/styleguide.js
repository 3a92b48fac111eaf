// Computes the contrast of every pair of tokens used together, in the current theme.

import { toast } from "./toasts.js";

const TEXT_PAIRS = [
  ["text", "bg"], ["text", "surface"], ["text-2", "bg"], ["text-2", "surface"], ["text-2", "surface-2"], ["text-2", "surface-3"],
  ["text-3", "bg"], ["text-3", "surface"], ["text-3", "surface-2"], ["text-3", "surface-3"], ["accent-text", "surface"], ["accent-text", "bg"], ["accent-text", "accent-soft"],
  ["text-on-accent", "accent"], ["text-on-accent", "accent-hover"], ["ok", "ok-soft"], ["ok", "surface"], ["warn", "warn-soft"],
  ["warn", "surface"], ["bad", "bad-soft"], ["bad", "surface"], ["info", "info-soft"], ["text-2", "neutral-soft"], ["text", "mark"], ["text", "warn-soft"], ["text", "bad-soft"],
];
const CONTROL_PAIRS = [["control", "surface"], ["brand", "surface"], ["brand", "bg"]];

function channels(token, probe) {
  probe.style.color = `var(--${token})`;
  return getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

function draw() {
  const spot = document.getElementById("contrast");
  const probe = document.createElement("span");
  document.body.append(probe);
  spot.replaceChildren();
  for (const [pairs, least] of [[TEXT_PAIRS, 4.5], [CONTROL_PAIRS, 3]]) {
    for (const [front, back] of pairs) {
      const value = ratio(channels(front, probe), channels(back, probe));
      const card = document.createElement("div");
      card.className = "swatch";
      card.dataset.contrast = value.toFixed(2);
      card.dataset.least = String(least);
      const sample = document.createElement("span");
      sample.textContent = `${front} on ${back}`;
      if (least === 4.5) {
        sample.style.color = `var(--${front})`;
        sample.style.background = `var(--${back})`;
      }
      const figure = document.createElement("span");
      figure.textContent = `${value.toFixed(2)} ${value >= least ? "passes" : "FAILS"}`;
      card.append(sample, figure);
      spot.append(card);
    }
  }
  probe.remove();
}

draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
const button = document.querySelector("[data-sample-toast]");
button.hidden = false;
button.addEventListener("click", () => toast("Approved", { action: "Undo", onAction: () => toast("Taken back") }));
