// What all pages share: the theme, the workspace, copying, and buttons that call the server.
import { enhanceControls } from "./control.js";
import { enhanceRequests } from "./request.js";

const THEMES = ["", "light", "dark"];
const THEME_LABELS = { "": "as the system", light: "light", dark: "dark" };

function enhanceTheme(button) {
  const root = document.documentElement;
  const label = () => {
    const text = `Theme: ${THEME_LABELS[root.dataset.theme ?? ""]}`;
    button.setAttribute("aria-label", text);
    button.title = text;
  };
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? "") + 1) % THEMES.length];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    try {
      localStorage.setItem("emulator-theme", next);
    } catch {
      // Without storage the theme lasts for this page.
    }
    label();
  });
  label();
}

function enhanceCopy(button) {
  const before = button.textContent;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = before), 1500);
  });
}

/** Hide the rows of a table without the text of a field, and on demand those of empty collections. */
function enhanceFilter(field) {
  const rows = [...document.querySelectorAll(`#${field.dataset.filter} > tr`)];
  const box = document.querySelector("[data-hide-empty]");
  const apply = () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) {
      const isEmpty = box?.checked && row.classList.contains("is-empty");
      row.hidden = isEmpty || !row.dataset.search.toLowerCase().includes(wanted);
    }
  };
  field.addEventListener("input", apply);
  box?.addEventListener("change", apply);
  apply();
}

/** Bring the current entry of a navigation into view; the page itself stays where it is. */
function showCurrent(box) {
  const current = box.querySelector("[aria-current]");
  if (current) box.scrollLeft = current.offsetLeft - box.offsetLeft - 24;
}

for (const box of document.querySelectorAll(".sections, .tabs ul")) showCurrent(box);
for (const field of document.querySelectorAll("[data-filter]")) enhanceFilter(field);
for (const button of document.querySelectorAll("[data-theme-switch]")) enhanceTheme(button);
for (const button of document.querySelectorAll("[data-copy]")) enhanceCopy(button);
for (const form of document.querySelectorAll("[data-autosubmit]")) {
  form.addEventListener("change", () => form.requestSubmit());
}
enhanceControls(document);
enhanceRequests(document);
