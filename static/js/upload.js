// Several files at once, each with its own bar, then the named steps of its reading.
// Without this script the form posts all files in one request.

const AT_ONCE = 3;
const form = document.querySelector("[data-upload]");
const list = document.getElementById("uploads");
const row = document.getElementById("upload-row");
const waiting = [];
let active = 0;

function addRow(file) {
  const item = row.content.firstElementChild.cloneNode(true);
  item.querySelector("[data-name]").textContent = file.name;
  list.prepend(item);
  return {
    item,
    bar: item.querySelector("progress"),
    say: (text, bad = false) => {
      const spot = item.querySelector("[data-state]");
      spot.textContent = text;
      spot.className = bad ? "small flag" : "tiny muted";
    },
  };
}

function link(text, href) {
  const a = document.createElement("a");
  a.href = href;
  a.textContent = text;
  return a;
}

async function followSteps(view, answer) {
  view.item.dataset.noToast = answer.document_id;
  view.bar.remove();
  view.say(answer.duplicate_of ? "Received. The same file is already on file." : "Received");
  if (answer.duplicate_url) view.item.querySelector("[data-action]").append(link("See the other", answer.duplicate_url));
  const steps = await fetch(answer.steps_url, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!steps?.ok) return;
  const spot = document.createElement("div");
  spot.innerHTML = await steps.text();
  if (!answer.duplicate_of) view.item.querySelector("[data-state]").remove();
  view.item.querySelector(".grow").append(spot);
  window.htmx?.process(spot);
}

function refused(view, request) {
  let words = "The upload failed. Try again.";
  try {
    words = JSON.parse(request.responseText).detail || words;
  } catch {
    if (request.status === 413) words = "The file is too large.";
  }
  view.bar.remove();
  view.say(words, true);
}

function send({ file, view }) {
  active += 1;
  const body = new FormData(form);
  body.delete("files");
  body.append("files", file);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const share = Math.round((event.loaded / event.total) * 100);
    view.bar.value = share;
    view.say(share < 100 ? `Uploading, ${share} %` : "Checking the file");
  });
  request.addEventListener("loadend", () => {
    active -= 1;
    if (request.status === 201) void followSteps(view, JSON.parse(request.responseText)[0]);
    else if (request.status === 0) offerAgain({ file, view });
    else refused(view, request);
    next();
  });
  request.send(body);
}

function offerAgain(job) {
  job.view.say("The connection was lost.", true);
  const again = document.createElement("button");
  again.type = "button";
  again.className = "button button-small";
  again.textContent = "Try again";
  again.addEventListener("click", () => {
    again.remove();
    job.view.say("Waiting");
    waiting.push(job);
    next();
  });
  job.view.item.querySelector("[data-action]").append(again);
}

function next() {
  while (active < AT_ONCE && waiting.length) send(waiting.shift());
}

function take(files) {
  for (const file of files) waiting.push({ file, view: addRow(file) });
  next();
}

if (form && list && row) {
  const input = form.querySelector("input[type=file]");
  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = "";
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take([...input.files]);
    input.value = "";
  });
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    form.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    form.classList.remove("over");
    take([...event.dataTransfer.files]);
  });
}
