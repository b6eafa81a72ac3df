// The corrected request of a fault: sends the request with a fresh token, and shows the answer.
import { fetchToken, sendTo, showAnswer, showProblem } from "./request.js";

async function send(form) {
  const { method, target, headers, client } = form.dataset;
  const token = await fetchToken(client);
  return sendTo(method, target, JSON.parse(headers), form.elements.body?.value, token);
}

for (const form of document.querySelectorAll("form[data-correction]")) {
  const place = form.querySelector("[data-result]");
  const button = form.querySelector("button.primary");
  const done = { label: "Show the traffic", url: form.dataset.done };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.confirm && !confirm(form.dataset.confirm)) return;
    button.disabled = true;
    try {
      showAnswer(place, await send(form), done);
    } catch (error) {
      showProblem(place, error);
    } finally {
      button.disabled = false;
    }
  });
}
