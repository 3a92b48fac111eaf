// The part of Markdown that answers are written in: paragraphs, lists, letters (quoted), bold, links to our own
// pages. Everything becomes text nodes, so nothing in an answer can become markup.

const INLINE = /\\([\\`*_[\]()<>#|~!])|\[((?:\\.|[^\]\\])+)\]\((\/[^\s)]*)\)|\*\*((?:\\.|[^*\\])+)\*\*/g;

function plain(text) {
  return text.replace(/\\([\\`*_[\]()<>#|~!])/g, "$1");
}

/** A link to a page of this site; a citation is marked as one. */
function link(text, path) {
  const anchor = document.createElement("a");
  anchor.href = path;
  anchor.textContent = plain(text);
  anchor.className = /^\/documents\/[0-9a-f-]{36}\?field=/.test(path) ? "cite" : "inline";
  return anchor;
}

function inline(text, into) {
  let done = 0;
  for (const found of text.matchAll(INLINE)) {
    into.append(text.slice(done, found.index));
    const [whole, escaped, label, path, bold] = found;
    if (escaped !== undefined) into.append(escaped);
    else if (label !== undefined && !path.startsWith("//")) into.append(link(label, path));
    else if (bold !== undefined) {
      const strong = document.createElement("strong");
      strong.textContent = plain(bold);
      into.append(strong);
    } else into.append(whole);
    done = found.index + whole.length;
  }
  into.append(text.slice(done));
}

/** Replaces what an element holds by the text. */
export function render(text, into) {
  into.replaceChildren();
  let list = null;
  let paragraph = null;
  let quoted = [];
  const endQuote = () => {
    if (!quoted.length) return;
    const quote = document.createElement("blockquote");
    render(quoted.join("\n"), quote);
    into.append(quote);
    quoted = [];
  };
  for (const line of text.split("\n")) {
    if (line.startsWith(">")) {
      list = null;
      paragraph = null;
      quoted.push(line.replace(/^> ?/, ""));
      continue;
    }
    endQuote();
    const item = /^(?:([-*])|(\d+)\.) +(.*)$/.exec(line);
    if (item) {
      const kind = item[1] ? "ul" : "ol";
      if (list?.localName !== kind) {
        list = document.createElement(kind);
        into.append(list);
      }
      paragraph = null;
      const entry = document.createElement("li");
      inline(item[3], entry);
      list.append(entry);
    } else if (line.trim() === "") {
      paragraph = null;
      list = null;
    } else if (paragraph) {
      paragraph.append(document.createElement("br"));
      inline(line, paragraph);
    } else {
      list = null;
      paragraph = document.createElement("p");
      inline(line, paragraph);
      into.append(paragraph);
    }
  }
  endQuote();
}
