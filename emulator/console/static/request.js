// Forms that send a request to the API itself, with a fresh token, and show the answer.
import { ask, root, workspace } from "./control.js";

const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const hasBody = (method) => method !== "GET" && method !== "DELETE";

function element(name, text, className) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function fill(form) {
  return form.dataset.path.replace(/\{(\w+)\}/g, (braces, name) => {
    const value = form.elements[name]?.value;
    return value ? encodeURIComponent(value) : braces;
  });
}

/** Return the request as a line for curl; the token is in a variable of the shell. */
export function toCurl(method, path, body) {
  const lines = [`curl -X ${method} -H "Authorization: Bearer $TOKEN"`];
  if (workspace !== "default") lines.push(`  -H ${quote(`x-emulator-workspace: ${workspace}`)}`);
  if (hasBody(method)) {
    lines.push("  -H 'Content-Type: application/json'", `  --data-raw ${quote(body)}`);
  }
  lines.push(`  ${path.includes("/.") ? "--path-as-is " : ""}${quote(location.origin + root + path)}`);
  return lines.join(" \\\n");
}

export async function fetchToken(client) {
  const query = client ? `?client_id=${encodeURIComponent(client)}` : "";
  const answer = await ask("POST", `/token${query}`);
  if (!answer.ok) throw new Error(answer.body?.detail ?? `no token: ${answer.status}`);
  return answer.body.access_token;
}

/** Send a request; return status, headers and text of the answer. */
export async function sendTo(method, target, headers, body, token) {
  const url = new URL(location.origin + root + target);
  // A browser takes "." and ".." out of a path: another document would be changed.
  if ((root + target).split("?")[0] !== url.pathname) {
    throw new Error("A browser cannot send this path. Use the line for curl.");
  }
  const sent = { ...headers, authorization: `Bearer ${token}`, "x-emulator-workspace": workspace };
  const sentBody = method === "GET" || method === "HEAD" ? undefined : body;
  const answer = await fetch(url, { method, headers: sent, body: sentBody });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** Send a request of a form with a fresh token. */
async function send(method, path, body, client = "") {
  const token = await fetchToken(client);
  if (!hasBody(method)) return sendTo(method, path, {}, undefined, token);
  return sendTo(method, path, { "content-type": "application/json" }, body, token);
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Show an answer: status, fault, hint and body; on a state conflict the way out. */
export function showAnswer(place, answer, done) {
  const document_ = read(answer.text);
  const fault = document_?.fault;
  const ok = answer.status < 400;
  const notice = element("div", undefined, `notice ${ok ? "good" : "bad"}`);
  const head = element("p");
  head.append(element("strong", String(answer.status)), " ");
  head.append(fault ? fault.type : ok ? "The server has taken the request." : "");
  notice.append(head);
  if (fault) notice.append(element("p", fault.message));
  const hint = answer.headers.get("x-emulator-hint");
  if (hint) notice.append(element("p", `Hint: ${hint}`));
  if (fault?.type.includes("StateConflict")) {
    notice.append(element("p", "The document was changed since this page was made."));
    const reload = element("button", "Load the newest version");
    reload.type = "button";
    reload.addEventListener("click", () => location.reload());
    notice.append(reload);
  } else if (ok) {
    const next = element("a", done.label, "button quiet");
    next.href = done.url;
    notice.append(next);
  }
  place.replaceChildren(notice);
  if (document_) {
    const code = element("div", undefined, "code");
    const text = element("pre", JSON.stringify(document_, null, 2));
    text.tabIndex = 0;
    code.append(text);
    place.append(code);
  }
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
}

/** Show the reason why there is no answer. */
export function showProblem(place, error) {
  place.replaceChildren(element("p", error.message, "notice bad"));
  place.hidden = false;
}

function enhance(form) {
  const place = form.querySelector("[data-result]");
  const line = form.querySelector("#request-curl");
  const buttons = [...form.querySelectorAll("button[name=method]")];
  const draw = () => (line.textContent = toCurl(buttons[0].value, fill(form), form.elements.body.value));
  form.addEventListener("input", draw);
  draw();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? buttons[0];
    if (button.dataset.confirm && !confirm(button.dataset.confirm)) return;
    for (const one of buttons) one.disabled = true;
    line.textContent = toCurl(button.value, fill(form), form.elements.body.value);
    try {
      const client = form.elements.client?.value;
      const answer = await send(button.value, fill(form), form.elements.body.value, client);
      const isDocument = form.dataset.done && button.value !== "DELETE";
      const url = isDocument ? form.dataset.done : form.dataset.list;
      const label = isDocument ? "Show the document" : "Show the collection";
      showAnswer(place, answer, { url, label });
    } catch (error) {
      showProblem(place, error);
    } finally {
      for (const one of buttons) one.disabled = false;
    }
  });
}

export function enhanceRequests(container) {
  for (const form of container.querySelectorAll("form[data-request]")) enhance(form);
}
