// Tests of a client in Node 18 or later, each in a workspace of its own:
//   node --test
// The tests start a server. To use a running server, name it:
//   OCAPI_EMULATOR_URL=http://127.0.0.1:8080 node --test
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { connect, start } from "./ocapi-emulator.mjs";

const url = process.env.OCAPI_EMULATOR_URL;
const controlToken = process.env.OCAPI_EMULATOR_CONTROL_TOKEN;
let emulator, workspace, lists;

before(async () => {
  const options = ["--log", "none"];
  emulator = url ? connect(url, { controlToken }) : await start({ options });
  lists = `${emulator.dataUrl}/inventory_lists`;
});
after(() => emulator.stop());
beforeEach(() => {
  workspace = emulator.workspace();
});
afterEach(() => workspace.delete());

test("a list is deleted", async () => {
  assert.equal((await workspace.fetch(`${lists}/inventory_eu`, { method: "DELETE" })).status, 204);
  assert.equal((await workspace.fetch(`${lists}/inventory_eu`)).status, 404);
  await workspace.verify({ method: "DELETE", path: "/**/inventory_lists/*" }, { times: 1 });
});

test("another test has the list still", async () => {
  assert.equal((await workspace.fetch(`${lists}/inventory_eu`)).status, 200);
});

test("the server is busy once", async () => {
  await workspace.fail({ action: { status: 503 }, times: 1 });
  assert.equal((await workspace.fetch(lists)).status, 503);
  assert.equal((await workspace.fetch(lists)).status, 200);
});

test("the token expires", async () => {
  assert.equal((await workspace.fetch(lists)).status, 200);
  await workspace.advance(1800);
  assert.equal((await workspace.fetch(lists)).status, 401);
});

test("a basket of the Shop API is answered by a stub", async () => {
  const path = "/s/{site}/dw/shop/{version}/baskets/{id}";
  await workspace.stub({ method: "GET", path, answer: { body: { currency: "EUR" } } });
  const answer = await workspace.fetch(`${emulator.url}/s/RefArch/dw/shop/v23_2/baskets/b1`);
  assert.deepEqual(await answer.json(), { currency: "EUR" });
});

test("an empty shop has no lists", async () => {
  await workspace.reset({ to: "empty" });
  assert.equal((await (await workspace.fetch(lists)).json()).total, 0);
});

test("a wrong number of requests is an error", async () => {
  await assert.rejects(workspace.verify({ method: "DELETE" }, { times: 1 }), /409/);
});
