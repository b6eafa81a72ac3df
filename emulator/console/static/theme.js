// Runs before the page is drawn, so that the page does not flash in the wrong colours.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("emulator-theme");
    if (theme) root.dataset.theme = theme;
  } catch {
    // Without storage the page has the colours of the system.
  }
})();
