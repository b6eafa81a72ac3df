// Tests with the emulator in a container. The helper is docs/examples/node/ocapi-emulator.mjs.
//
//   docker build -t ocapi-emulator .
//   npm install --save-dev testcontainers
//   node --test
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { GenericContainer, Wait } from "testcontainers";
import { connect } from "./ocapi-emulator.mjs";

const port = 8080;
// A container takes requests to the control plane with this token only.
const controlToken = "secret";
let container, emulator, workspace;

before(async () => {
  const headers = { "x-emulator-control-token": controlToken };
  container = await new GenericContainer("ocapi-emulator")
    .withExposedPorts(port)
    .withEnvironment({ OCAPI_EMULATOR_CONTROL_TOKEN: controlToken })
    .withWaitStrategy(Wait.forHttp("/__emulator__/health", port).withHeaders(headers))
    .start();
  const url = `http://${container.getHost()}:${container.getMappedPort(port)}`;
  emulator = connect(url, { controlToken });
});
after(() => container.stop());
beforeEach(() => {
  workspace = emulator.workspace();
});
afterEach(() => workspace.delete());

test("a list is deleted", async () => {
  const url = `${emulator.dataUrl}/inventory_lists/inventory_eu`;
  assert.equal((await workspace.fetch(url, { method: "DELETE" })).status, 204);
  assert.equal((await workspace.fetch(url)).status, 404);
});

test("the next test has the list again", async () => {
  const url = `${emulator.dataUrl}/inventory_lists/inventory_eu`;
  assert.equal((await workspace.fetch(url)).status, 200);
});
