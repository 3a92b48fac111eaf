// What a conversation looks like: questions, steps, answers, and previews with their buttons.
// Text of people, tools and models is only ever set as text.

import { render } from "./markdown.js";

function element(name, className, text) {
  const one = document.createElement(name);
  if (className) one.className = className;
  if (text !== undefined) one.textContent = text;
  return one;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${document.getElementById("copilot").dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

let words = null;

/** A tool's call in words. */
function worded(tool) {
  words ??= JSON.parse(document.getElementById("copilot").dataset.words);
  return words[tool] ?? tool.replaceAll("_", " ");
}

export class Log {
  /** `decide` is told what somebody pressed under a preview: (interrupt, approved). */
  constructor(list, decide) {
    this.list = list;
    this.decide = decide;
    this.clear();
  }

  clear() {
    this.list.replaceChildren();
    this.texts = new Map();
    this.steps = new Map();
    this.asked = new Set();
    this.previews = new Map();
    this.group = null;
  }

  get isEmpty() {
    return this.list.childElementCount === 0;
  }

  add(entry) {
    this.list.append(entry);
    this.follow();
    return entry;
  }

  /** Goes on down with what comes, but never so far that the question is out of sight. */
  follow() {
    const view = this.list.closest(".copilot-scroll");
    const asked = [...this.list.querySelectorAll(":scope > .said-by-me")].at(-1);
    const end = view.scrollHeight - view.clientHeight;
    const top = asked ? view.scrollTop + asked.getBoundingClientRect().top - view.getBoundingClientRect().top - 8 : end;
    view.scrollTop = Math.min(end, Math.max(0, top));
  }

  question(id, text) {
    if (this.asked.has(id)) return;
    this.asked.add(id);
    this.group = null;
    const entry = element("li", "said-by-me");
    entry.append(element("span", "sr", "You: "), element("p", "", text));
    this.add(entry);
  }

  note(text, tone = "") {
    this.group = null;
    this.add(element("li", `said-note ${tone}`, text));
  }

  /** Takes one AG-UI event. */
  take(event) {
    const handler = HANDLERS[event.type];
    if (handler) handler(this, event);
  }

  text(id) {
    let known = this.texts.get(id);
    if (!known) {
      const entry = element("li", "said");
      entry.append(element("span", "sr", "Copilot: "));
      const body = element("div", "said-text");
      entry.append(body);
      known = { text: "", body, entry };
      this.texts.set(id, known);
      this.group = null;
      this.add(entry);
    }
    return known;
  }

  /** A letter can be copied as it stands. */
  offerCopies(id) {
    for (const letter of this.texts.get(id)?.body.querySelectorAll("blockquote") ?? []) {
      const button = element("button", "button button-small said-copy");
      const label = element("span", "", "Copy the letter");
      button.type = "button";
      button.append(icon("copy"), label);
      button.addEventListener("click", async () => {
        const parts = [...letter.querySelectorAll("p")].map((one) => one.innerText);
        try {
          await navigator.clipboard.writeText(parts.join("\n\n"));
          label.textContent = "Copied";
        } catch {
          label.textContent = "Copying was refused; select the text instead";
        }
      });
      letter.after(button);
    }
  }

  step(event) {
    if (!this.group) {
      this.group = element("ul", "said-steps");
      const entry = element("li", "said-work");
      entry.append(this.group);
      this.add(entry);
    }
    const line = element("li", "said-step is-running");
    line.append(icon("progress"), element("span", "", worded(event.toolCallName)));
    this.steps.set(event.toolCallId, line);
    this.group.append(line);
    this.follow();
  }

  stepDone(event) {
    const line = this.steps.get(event.toolCallId);
    if (!line) return;
    const refused = /^\s*\{"refused"/.test(event.content ?? "");
    line.className = `said-step ${refused ? "is-refused" : "is-done"}`;
    line.firstChild.replaceWith(icon(refused ? "minus-circle" : "check"));
    if (refused) line.append(element("span", "sr", ", refused"));
  }

  preview(interrupt) {
    const shown = interrupt.metadata?.preview ?? { title: interrupt.message ?? "Do this?", lines: [] };
    const card = element("li", "said-preview");
    const title = element("h3", "", shown.title);
    title.id = `preview-${interrupt.id}`;
    title.tabIndex = -1;
    const lines = element("dl", "said-lines");
    for (const [name, value] of shown.lines) {
      lines.append(element("dt", "", name), element("dd", "", value));
    }
    const buttons = element("div", "row");
    const yes = element("button", "button button-primary button-small", shown.done ?? "Do it");
    const no = element("button", "button button-small", "Don’t");
    for (const [button, approved] of [[yes, true], [no, false]]) {
      button.type = "button";
      button.setAttribute("aria-describedby", title.id);
      button.addEventListener("click", () => this.decide(interrupt, approved));
      buttons.append(button);
    }
    card.append(title, lines, buttons);
    this.previews.set(interrupt.id, { card, buttons, title });
    this.group = null;
    this.add(card);
    card.scrollIntoView({ block: "nearest" });
    for (const line of this.list.querySelectorAll(".said-step.is-running")) {
      line.className = "said-step is-waiting";
      line.firstChild.replaceWith(icon("clock"));
    }
  }

  /** What became of a preview: its buttons give way to a word. */
  decided(id, approved) {
    const known = this.previews.get(id);
    if (!known) return;
    this.previews.delete(id);
    known.card.classList.add("is-decided");
    const word = approved ? "You said yes." : "You said no; nothing was done.";
    known.buttons.replaceWith(element("p", "small muted", word));
  }

  /** Previews that nobody pressed and that another question passed over. */
  passOver(except = []) {
    for (const id of [...this.previews.keys()]) {
      if (!except.includes(id)) this.decided(id, false);
    }
  }

  settle() {
    for (const line of this.list.querySelectorAll(".said-step.is-running")) {
      line.className = "said-step";
      line.firstChild.replaceWith(icon("minus-circle"));
    }
  }
}

const HANDLERS = {
  RUN_STARTED(log, event) {
    const input = event.input ?? {};
    const resumed = input.resume ?? [];
    for (const one of resumed) {
      log.decided(one.interruptId, one.status === "resolved" && one.payload?.approved === true);
    }
    log.passOver(resumed.map((one) => one.interruptId));
    for (const message of input.messages ?? []) {
      if (message.role === "user") log.question(message.id, String(message.content));
    }
  },
  // A message that ends before it said anything leaves nothing, so its start does nothing.
  TEXT_MESSAGE_CONTENT(log, event) {
    const known = log.text(event.messageId);
    known.text += event.delta;
    render(known.text, known.body);
    log.follow();
  },
  TEXT_MESSAGE_END(log, event) {
    log.offerCopies(event.messageId);
  },
  TOOL_CALL_START(log, event) {
    log.step(event);
  },
  TOOL_CALL_RESULT(log, event) {
    log.stepDone(event);
  },
  RUN_FINISHED(log, event) {
    for (const one of event.outcome?.interrupts ?? []) log.preview(one);
  },
  RUN_ERROR(log, event) {
    log.settle();
    if (event.code === "STOPPED") log.note("Stopped. What was done stays done.");
    else log.note("This did not work. Ask again in a moment.", "is-bad");
  },
};
