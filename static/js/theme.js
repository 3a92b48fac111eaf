// Runs before the first paint so that a chosen theme never flashes the other one.
(() => {
  const root = document.documentElement;
  const themes = ["system", "light", "dark"];
  const read = () => {
    try {
      return localStorage.getItem("backline.theme") || "system";
    } catch {
      return "system";
    }
  };
  const apply = (theme) => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    for (const name of document.querySelectorAll("[data-theme-name]")) name.textContent = theme;
  };
  apply(read());
  root.dataset.js = "1";

  document.addEventListener("DOMContentLoaded", () => {
    apply(read());
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        const next = themes[(themes.indexOf(read()) + 1) % themes.length];
        try {
          localStorage.setItem("backline.theme", next);
        } catch {
          // Storage refused: the choice lasts as long as the page.
        }
        apply(next);
      });
    }
  });
})();
