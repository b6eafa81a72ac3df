// The form of a failpoint: shows the fields of the chosen answer, and the request as a line for curl.
import { announce, ask, root, workspace } from "./control.js";

const form = document.querySelector("form[data-failpoint]");
const faults = JSON.parse(form.dataset.faults);
const places = form.querySelector("[data-arguments]");
const line = document.getElementById("failpoint-curl");
const number = (name) => (form.elements[name].value ? Number(form.elements[name].value) : undefined);
const text = (name) => form.elements[name].value.trim() || undefined;

function readBody() {
  const given = text("answer");
  if (given === undefined) return undefined;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

function readArguments() {
  const named = [...places.querySelectorAll("input")].map((field) => [field.name, field.value]);
  return named.length ? Object.fromEntries(named) : undefined;
}

function readAction() {
  const delay = number("delay");
  switch (form.elements.kind.value) {
    case "fault":
      return { fault: text("fault"), arguments: readArguments(), delay };
    case "status":
      return { status: number("status"), body: readBody(), delay };
    case "delay":
      return { delay: delay ?? 1 };
    default:
      return { drop: form.elements.kind.value, delay };
  }
}

function readFailpoint() {
  const match = { method: text("method"), path: text("path"), nth: number("nth") };
  const has = Object.values(match).some((value) => value !== undefined);
  return { match: has ? match : undefined, action: readAction(), times: number("times") };
}

function makeArgument([name, sample]) {
  const field = document.createElement("div");
  field.className = "field";
  const label = document.createElement("label");
  const input = document.createElement("input");
  label.htmlFor = input.id = `argument-${name}`;
  label.textContent = name;
  const value = typeof sample === "string" ? sample : JSON.stringify(sample);
  Object.assign(input, { name, value, autocomplete: "off", spellcheck: false });
  field.append(label, input);
  return field;
}

function drawArguments() {
  const isFault = form.elements.kind.value === "fault";
  const name = form.elements.fault.value;
  const samples = Object.entries(isFault && Object.hasOwn(faults, name) ? faults[name] : {});
  places.replaceChildren(places.querySelector("legend"), ...samples.map(makeArgument));
  places.hidden = !samples.length;
}

function draw() {
  for (const field of form.querySelectorAll("[data-kind]")) {
    field.hidden = field.dataset.kind !== form.elements.kind.value;
  }
  const quoted = JSON.stringify(readFailpoint()).replaceAll("'", `'\\''`);
  const header = workspace === "default" ? "" : ` -H 'x-emulator-workspace: ${workspace}'`;
  line.textContent = `curl -d '${quoted}'${header} ${location.origin}${root}/__emulator__/failpoints`;
}

form.elements.kind.addEventListener("change", drawArguments);
form.elements.fault.addEventListener("input", drawArguments);
form.addEventListener("input", draw);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await ask("POST", "/failpoints", readFailpoint());
  if (answer.ok) location.reload();
  else {
    const reasons = (answer.body?.errors ?? []).map((one) => `${one.pointer}: ${one.detail}`);
    announce([answer.body?.detail, ...reasons].filter(Boolean).join(" "), "bad");
  }
});
drawArguments();
draw();
