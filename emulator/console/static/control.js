// Forms and buttons that ask an endpoint of the control plane, such as a reset.
//
// <form data-control="POST /reset" data-done="..."> sends its fields as a JSON object; a path may
// have the value of a field in braces: "PUT /snapshots/{name}". A field named like that is not sent.
// After an answer without an error the page is loaded again, or the page of data-then, or the form
// with the id of data-resubmit is sent.

const HINT = "emulator-hint";
export const root = document.body.dataset.root ?? "";
export const workspace = document.body.dataset.workspace ?? "default";

/** Ask the control plane; return status and JSON (or null). */
export async function ask(method, path, body) {
  const answer = await fetch(`${root}/__emulator__${path}`, {
    method,
    headers: { "x-emulator-workspace": workspace, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const hint = answer.headers.get("x-emulator-hint") ?? "";
  return { ok: answer.ok, status: answer.status, hint, body: text ? JSON.parse(text) : null };
}

/** Show a message in the page's status line. */
export function announce(text, kind = "good") {
  let line = document.getElementById("status-line");
  if (!line) {
    line = document.createElement("p");
    line.id = "status-line";
    line.setAttribute("role", "status");
    document.body.append(line);
  }
  line.className = `toast ${kind}`;
  line.textContent = text;
}

function collect(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled) continue;
    if (field.type === "number" || field.dataset.number !== undefined) values[field.name] = Number(field.value);
    else if (field.dataset.json !== undefined) values[field.name] = JSON.parse(field.value);
    else values[field.name] = field.value;
  }
  return values;
}

async function submit(form) {
  const [method, template] = form.dataset.control.split(" ");
  const values = collect(form);
  const path = template.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name] ?? "";
    delete values[name];
    return encodeURIComponent(value);
  });
  const body = Object.keys(values).length ? (values.document ?? values) : undefined;
  const answer = await ask(method, path, body);
  if (!answer.ok) {
    announce(answer.body?.detail ?? `The server answered ${answer.status}.`, "bad");
    return;
  }
  if (answer.hint) sessionStorage.setItem(HINT, answer.hint); // for the page that comes next
  if (form.dataset.resubmit) document.getElementById(form.dataset.resubmit).requestSubmit();
  else if (form.dataset.then) location.assign(form.dataset.then);
  else location.reload();
}

export function enhanceControls(container) {
  const hint = sessionStorage.getItem(HINT);
  if (hint) announce(hint, "warn");
  sessionStorage.removeItem(HINT);
  for (const form of container.querySelectorAll("form[data-control]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (form.dataset.confirm && !confirm(form.dataset.confirm)) return;
      const button = event.submitter;
      if (button) button.disabled = true;
      try {
        await submit(form);
      } catch (error) {
        announce(String(error), "bad");
      } finally {
        if (button) button.disabled = false;
      }
    });
  }
}
