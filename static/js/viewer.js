// The page pictures: page tabs, zoom, and bringing a field's box into view. Sizes are set through
// the CSSOM, which a strict style policy allows.

const ZOOMS = [50, 75, 100, 125, 150, 200, 300];

export function startViewer(root) {
  const pane = root.querySelector("[data-pages]");
  const tools = root.querySelector("[data-zoom]");
  const links = [...root.querySelectorAll("[data-page-link]")];
  let zoom = 100;

  function setZoom(percent) {
    const middle = (pane.scrollTop + pane.clientHeight / 2) / pane.scrollHeight;
    zoom = percent;
    for (const page of pane.querySelectorAll("[data-page]")) page.style.width = `${zoom}%`;
    tools.querySelector("[data-zoom-value]").textContent = `${zoom} %`;
    pane.scrollTop = middle * pane.scrollHeight - pane.clientHeight / 2;
  }

  function mark(id) {
    for (const box of pane.querySelectorAll("[data-box]")) {
      box.classList.toggle("active", box.dataset.box === id);
    }
  }

  /** Outlines a field's box and scrolls only the page pane, never the whole page. */
  function showBox(id) {
    mark(id);
    const box = pane.querySelector(`[data-box="${CSS.escape(id)}"]`);
    if (!box) return;
    const seen = pane.getBoundingClientRect();
    const place = box.getBoundingClientRect();
    const margin = 40;
    const above = place.top < seen.top + margin || place.bottom > seen.bottom - margin;
    const aside = place.left < seen.left + 8 || place.right > seen.right - 8;
    if (above) pane.scrollTop += place.top - seen.top - (seen.height - place.height) / 2;
    if (aside) pane.scrollLeft += place.left - seen.left - (seen.width - place.width) / 2;
  }

  for (const link of links) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const page = document.getElementById(`page-${link.dataset.pageLink}`);
      pane.scrollTop += page.getBoundingClientRect().top - pane.getBoundingClientRect().top - 12;
    });
  }
  const watcher = new IntersectionObserver(
    (entries) => {
      const seen = entries.find((entry) => entry.isIntersecting);
      if (!seen) return;
      for (const link of links) {
        if (link.dataset.pageLink === seen.target.dataset.page) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { root: pane, rootMargin: "-45% 0px -45% 0px" },
  );
  for (const page of pane.querySelectorAll("[data-page]")) watcher.observe(page);

  if (tools) {
    tools.hidden = false;
    tools.addEventListener("click", (event) => {
      const button = event.target.closest("[data-zoom-by]");
      if (!button) return;
      const by = Number(button.dataset.zoomBy);
      const at = ZOOMS.indexOf(zoom);
      setZoom(by === 0 ? 100 : ZOOMS[Math.min(Math.max(at + by, 0), ZOOMS.length - 1)]);
    });
  }
  // Pictures above a box may still load and move it: show the chosen one again when they have.
  pane.addEventListener(
    "load",
    () => {
      const box = pane.querySelector("[data-box].active");
      if (box) showBox(box.dataset.box);
    },
    { capture: true },
  );
  return { showBox, mark };
}
