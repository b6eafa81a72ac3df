// The live journal: server-sent events become rows of the table and bars of the chart.
// At most MAX_ROWS rows stay, and the page is drawn once a frame, so that a flood does not freeze it.

const MAX_ROWS = 200;
const SECONDS = 60;
const RETRY_MILLISECONDS = 2000;

const table = document.querySelector("[data-exchanges]");
const body = table.tBodies[0];
const empty = document.querySelector("[data-empty]");
const live = document.querySelector("[data-live]");
const chart = document.querySelector("[data-chart]");
const rate = document.querySelector("[data-rate]");
const filters = document.querySelector("[data-filters]");

let source;
let waiting = [];
let isDrawing = false;
const counts = new Map(); // requests and faults by second

function cell(label, content, className) {
  const made = document.createElement("td");
  made.dataset.label = label;
  if (className) made.className = className;
  made.append(content);
  return made;
}

function badge(text, kind) {
  const made = document.createElement("span");
  made.className = `badge ${kind}`;
  made.textContent = text;
  return made;
}

function tone(status) {
  if (status >= 200 && status < 300) return "good";
  if (status >= 300 && status < 400) return "accent";
  return status >= 400 && status < 500 ? "warn" : "bad";
}

function makeRow(one) {
  const row = document.createElement("tr");
  const number = document.createElement("a");
  number.href = table.dataset.exchange.replace(/\/0(?=\?|$)/, `/${one.number}`);
  number.textContent = one.number;
  const path = document.createElement("code");
  path.textContent = one.path;
  const fault = document.createDocumentFragment();
  fault.append(one.fault);
  if (one.failpoint) fault.append(" ", badge(`failpoint ${one.failpoint}`, "accent"));
  if (one.stub) fault.append(" ", badge(`stub ${one.stub}`, "accent"));
  if (one.upstream) fault.append(" ", badge("upstream", "accent"));
  row.append(
    cell("No.", number, "number"),
    cell("Time", one.at.slice(11, 23)),
    cell("Client", one.client, "cut client"),
    cell("Method", one.method),
    cell("Path", path, "cut path"),
    cell("Status", badge(one.status || "none", tone(one.status))),
    cell("Fault", fault),
    cell("ms", one.milliseconds.toFixed(1), "number"),
  );
  row.cells[2].title = one.client;
  row.cells[4].title = one.path;
  return row;
}

// The page of the server filters in the same way: traffic.py.
function fits(one) {
  return [...new FormData(filters)].every(([name, given]) => {
    const wanted = given.trim().toLowerCase();
    if (!wanted || !(name in one)) return true;
    const text = String(one[name]).toLowerCase();
    if (name === "status") {
      const digits = [...wanted];
      return digits.length <= text.length && digits.every((digit, n) => digit === "x" || digit === "*" || digit === text[n]);
    }
    return wanted.includes("*") ? fitsPattern(text, wanted.split("*")) : text.includes(wanted);
  });
}

/** Whether a text has all pieces in order, the first at its beginning and the last at its end. */
function fitsPattern(text, pieces) {
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    at = text.indexOf(piece, at);
    if (at < 0) return false;
    at += piece.length;
  }
  return at <= end;
}

function count(second, requests, faults) {
  const [before, failed] = counts.get(second) ?? [0, 0];
  counts.set(second, [before + requests, failed + faults]);
}

function drawChart() {
  const now = Math.floor(Date.now() / 1000);
  for (const second of counts.keys()) if (second <= now - SECONDS) counts.delete(second);
  const most = Math.max(5, ...[...counts.values()].map(([requests]) => requests));
  const width = 600 / SECONDS;
  const bars = [];
  for (const [second, both] of counts) {
    const x = (second - now + SECONDS - 1) * width;
    both.forEach((value, index) => {
      if (!value) return;
      const height = (value / most) * 60;
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const box = { x: x + 1, y: 64 - height, width: width - 2, height };
      for (const [name, number] of Object.entries(box)) bar.setAttribute(name, number);
      bar.setAttribute("class", index ? "faults" : "requests");
      bars.push(bar);
    });
  }
  chart.replaceChildren(...bars);
  const [requests, faults] = counts.get(now - 1) ?? [0, 0];
  if (source?.readyState === EventSource.CLOSED) rate.textContent = "not live: trying again";
  else rate.textContent = `${requests} requests, ${faults} faults in the last second`;
}

function draw() {
  isDrawing = false;
  if (!live.checked || !waiting.length) return;
  const rows = waiting.filter(fits).map(makeRow).reverse();
  waiting = [];
  body.prepend(...rows);
  while (body.rows.length > MAX_ROWS) body.rows[body.rows.length - 1].remove();
  empty.hidden = body.rows.length > 0;
}

function drawSoon() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(draw);
}

function take(event) {
  const batch = JSON.parse(event.data);
  table.dataset.last = event.lastEventId;
  count(Math.floor(Date.now() / 1000), batch.count, batch.faults);
  waiting = [...waiting, ...batch.exchanges].slice(-MAX_ROWS);
  drawSoon();
}

function listen() {
  const url = new URL(table.dataset.events, location.href);
  url.searchParams.set("after", table.dataset.last);
  source = new EventSource(url);
  source.onmessage = take;
  source.addEventListener("clear", (event) => {
    waiting = [];
    body.replaceChildren();
    empty.hidden = false;
    table.dataset.last = event.lastEventId;
  });
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(listenIfVisible, RETRY_MILLISECONDS);
  };
}

// A browser has few connections to a server: a page that nobody sees takes none.
function listenIfVisible() {
  source?.close();
  source = undefined;
  if (document.visibilityState === "visible") listen();
}

live.addEventListener("change", drawSoon);
filters.addEventListener("input", () => {
  for (const row of body.rows) {
    const text = (index) => row.cells[index].textContent.trim();
    const one = { client: text(2), method: text(3), path: text(4), status: text(5), fault: text(6) };
    row.hidden = !fits(one);
  }
  empty.hidden = [...body.rows].some((row) => !row.hidden);
});
setInterval(drawChart, 1000);
drawChart();
document.addEventListener("visibilitychange", listenIfVisible);
listenIfVisible();
