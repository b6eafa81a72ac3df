// Tests of a client in Node 18 or later; each has a workspace of its own in one running server:
//   ocapi-emulator serve &
//   OCAPI_EMULATOR_URL=http://127.0.0.1:8080 node --test
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

const server = process.env.OCAPI_EMULATOR_URL ?? "http://127.0.0.1:8080";
const lists = `${server}/s/-/dw/data/v23_2/inventory_lists`;
const credentials = "a".repeat(30);

async function inWorkspace(work) {
  const workspace = `node-${randomUUID()}`;
  const inside = (url, { headers, ...options } = {}) =>
    fetch(url, { ...options, headers: { ...headers, "x-emulator-workspace": workspace } });
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  const basic = Buffer.from(`${credentials}:${credentials}`).toString("base64");
  const granted = await inside(`${server}/dwsso/oauth2/access_token`, {
    method: "POST",
    body: form,
    headers: { Authorization: `Basic ${basic}` },
  });
  const { access_token } = await granted.json();
  const authorized = (url, { headers, ...options } = {}) =>
    inside(url, { ...options, headers: { ...headers, Authorization: `Bearer ${access_token}` } });
  const control = (method, path, value) =>
    inside(`${server}/__emulator__${path}`, { method, body: value && JSON.stringify(value) });
  try {
    await work(authorized, control);
  } finally {
    await fetch(`${server}/__emulator__/workspaces/${workspace}`, { method: "DELETE" });
  }
}

test("a list is deleted", () =>
  inWorkspace(async (ask, control) => {
    assert.equal((await ask(`${lists}/inventory_eu`, { method: "DELETE" })).status, 204);
    assert.equal((await ask(`${lists}/inventory_eu`)).status, 404);
    const expected = { match: { method: "DELETE", path: "/**/inventory_lists/*" }, times: 1 };
    assert.equal((await control("POST", "/journal/verify", expected)).status, 200);
  }));

test("another test has it still", () =>
  inWorkspace(async (ask) => {
    assert.equal((await ask(`${lists}/inventory_eu`)).status, 200);
  }));

test("the server is busy once", () =>
  inWorkspace(async (ask, control) => {
    await control("POST", "/failpoints", { action: { status: 503 }, times: 1 });
    assert.equal((await ask(lists)).status, 503);
    assert.equal((await ask(lists)).status, 200);
  }));
