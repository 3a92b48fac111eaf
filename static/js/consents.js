// Draws a signature with finger, pen or mouse. Without this script the typed name signs alone.

const WIDTH = 1000;
const HEIGHT = 300;
const MOST_POINTS = 4000;
const box = document.querySelector("[data-draw]");
const pad = box?.querySelector("svg");
const field = document.querySelector("[name=strokes]");
let strokes = [];
let line = null;

function place(event) {
  const frame = pad.getBoundingClientRect();
  const x = Math.round(((event.clientX - frame.left) / frame.width) * WIDTH);
  const y = Math.round(((event.clientY - frame.top) / frame.height) * HEIGHT);
  return [Math.min(Math.max(x, 0), WIDTH), Math.min(Math.max(y, 0), HEIGHT)];
}

function keep() {
  field.value = strokes.length ? JSON.stringify(strokes) : "";
}

function add(event) {
  const stroke = strokes.at(-1);
  const [x, y] = place(event);
  const [lastX, lastY] = stroke.at(-1) ?? [-9, -9];
  const full = strokes.reduce((count, one) => count + one.length, 0) >= MOST_POINTS;
  if (full || Math.hypot(x - lastX, y - lastY) < 3) return;
  stroke.push([x, y]);
  line.setAttribute("points", stroke.map((point) => point.join(",")).join(" "));
}

function begin(event) {
  if (!event.isPrimary || event.button !== 0) return;
  event.preventDefault();
  pad.setPointerCapture(event.pointerId);
  line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  pad.append(line);
  strokes.push([]);
  add(event);
}

function end() {
  if (!line) return;
  line = null;
  keep();
}

function show(points) {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  drawn.setAttribute("points", points.map((point) => point.join(",")).join(" "));
  pad.append(drawn);
}

if (pad && field) {
  box.hidden = false;
  if (field.value) {
    strokes = JSON.parse(field.value);
    strokes.forEach(show);
  }
  pad.addEventListener("pointerdown", begin);
  pad.addEventListener("pointermove", (event) => line && add(event));
  pad.addEventListener("pointerup", end);
  pad.addEventListener("pointercancel", end);
  box.querySelector("[data-clear]").addEventListener("click", () => {
    strokes = [];
    pad.replaceChildren();
    keep();
  });
}
