// The corrected request of a fault: sends the request with a fresh token, and shows the answer.
import { root, workspace } from "./control.js";
import { fetchToken, showAnswer } from "./request.js";

async function send(form) {
  const { method, target, headers, client } = form.dataset;
  const sent = { ...JSON.parse(headers), "x-emulator-workspace": workspace };
  sent.authorization = `Bearer ${await fetchToken(client)}`;
  const body = form.elements.body?.value;
  const answer = await fetch(root + target, { method, headers: sent, body });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

for (const form of document.querySelectorAll("form[data-correction]")) {
  const place = form.querySelector("[data-result]");
  const button = form.querySelector("button.primary");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      showAnswer(place, await send(form), location.pathname.replace(/\/\d+$/, "") + location.search);
    } catch (error) {
      place.textContent = String(error);
      place.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}
