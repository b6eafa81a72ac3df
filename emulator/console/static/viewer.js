// Swagger UI with the description of an API. Every request has a token and the page's workspace.
import { root, workspace } from "./control.js";
import { fetchToken } from "./request.js";

const place = document.querySelector("[data-viewer]");
const ORIGIN = location.origin;

async function authorize(request) {
  const url = new URL(request.url, location.href);
  if (url.origin !== ORIGIN) {
    // The description names the host by which the server was asked first.
    request.url = ORIGIN + url.pathname + url.search;
  }
  request.headers = { ...request.headers, "x-emulator-workspace": workspace };
  if (url.pathname.includes("/dw/")) request.headers.authorization = `Bearer ${await fetchToken("")}`;
  return request;
}

function followTheme() {
  const { theme } = document.documentElement.dataset;
  const isDark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("dark-mode", isDark);
}

followTheme();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", followTheme);
new MutationObserver(followTheme).observe(document.documentElement, { attributeFilter: ["data-theme"] });

window.SwaggerUIBundle({
  url: root + place.dataset.viewer,
  domNode: place,
  requestInterceptor: authorize,
  validatorUrl: null,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  tryItOutEnabled: true,
  filter: true,
});
