// A helper for tests in Node 18 or later, in one file, without npm packages. Copy it into your project.
//
//   import { start } from "./ocapi-emulator.mjs";
//   const emulator = await start({ options: ["--fixtures", "storefront"] }); // or connect(url)
//   const workspace = emulator.workspace(); // data of its own, one for each test
//   const answer = await workspace.fetch(`${emulator.dataUrl}/inventory_lists`);
//   await workspace.verify({ method: "GET" }, { times: 1 });
//   await workspace.delete();
//   await emulator.stop();
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";

const LISTENING = "listening on ";

/**
 * Start a server on a free port. The command ocapi-emulator must be installed.
 * @param {{ options?: string[], command?: string }} [settings] flags of `ocapi-emulator serve`
 * @returns {Promise<Emulator>} a server, which `stop` ends
 */
export async function start({ options = [], command = "ocapi-emulator" } = {}) {
  const server = spawn(command, ["serve", "--port", "0", ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const failed = once(server, "error").then(([error]) => Promise.reject(error));
  const ended = once(server, "exit").then(([code]) => {
    throw new Error(`${command} serve ended with exit code ${code}`);
  });
  const lines = createInterface({ input: server.stdout });
  const listening = once(lines, "line").then(([line]) => line.split(LISTENING)[1].trim());
  failed.catch(() => {});
  ended.catch(() => {});
  return new Emulator(await Promise.race([listening, failed, ended]), { server });
}

/**
 * Use a running server.
 * @param {string} url such as http://127.0.0.1:8080
 * @param {{ controlToken?: string }} [settings] the value of --control-token, if the server has one
 * @returns {Emulator}
 */
export function connect(url, { controlToken } = {}) {
  return new Emulator(url, { controlToken });
}

export class Emulator {
  #server;
  #controlHeaders;

  constructor(url, { server, controlToken } = {}) {
    this.url = url.replace(/\/$/, "");
    this.dataUrl = `${this.url}/s/-/dw/data/v23_2`;
    this.#server = server;
    this.#controlHeaders = controlToken ? { "x-emulator-control-token": controlToken } : {};
  }

  /** Return a workspace: the data of the start, apart from all other workspaces. */
  workspace(name = `node-${randomUUID()}`) {
    return new Workspace(this, name);
  }

  /** Send a request to the control plane, and return the JSON of the answer. */
  async control(method, path, value, headers = {}) {
    const answer = await fetch(`${this.url}/__emulator__${path}`, {
      method,
      body: value === undefined ? undefined : JSON.stringify(value),
      headers: { ...this.#controlHeaders, ...headers },
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** End a server of `start`. */
  async stop() {
    if (this.#server === undefined || this.#server.exitCode !== null) return;
    this.#server.kill();
    await once(this.#server, "exit");
  }
}

export class Workspace {
  #emulator;
  #token;

  constructor(emulator, name) {
    this.#emulator = emulator;
    this.name = name;
    this.headers = { "x-emulator-workspace": name };
  }

  /** Send a request with an access token, in this workspace. */
  async fetch(url, { headers, ...options } = {}) {
    this.#token ??= await this.token();
    const authorization = `Bearer ${this.#token}`;
    return fetch(url, { ...options, headers: { authorization, ...this.headers, ...headers } });
  }

  /** Return a new access token. */
  async token(clientId) {
    const query = clientId === undefined ? "" : `?client_id=${encodeURIComponent(clientId)}`;
    return (await this.control("POST", `/token${query}`)).access_token;
  }

  /** Restore the first state; `to: "empty"` removes all data. */
  reset({ to = "fixtures" } = {}) {
    return this.control("POST", `/reset?to=${to}`);
  }

  /** Add a failpoint, such as `{ action: { status: 503 }, times: 1 }`. */
  fail(failpoint) {
    return this.control("POST", "/failpoints", failpoint);
  }

  /** Add a stub: an answer for a path that the emulator does not serve. */
  stub(stub) {
    return this.control("POST", "/stubs", stub);
  }

  /** Check the number of recorded requests that match: `times`, `at_least` or `at_most`. */
  verify(match, bounds = {}) {
    return this.control("POST", "/journal/verify", { match, ...bounds });
  }

  /** Move the clock. */
  advance(seconds) {
    return this.control("POST", "/clock/advance", { seconds });
  }

  /** Send a request about this workspace to the control plane. */
  control(method, path, value) {
    return this.#emulator.control(method, path, value, this.headers);
  }

  /** Delete the workspace; throw an error if the server had an internal error. */
  async delete() {
    const crashes = await this.control("GET", "/crashes");
    await this.#emulator.control("DELETE", `/workspaces/${this.name}`);
    if (crashes.length > 0) throw new Error(JSON.stringify(crashes));
  }
}
