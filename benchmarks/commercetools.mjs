// Serve the mock of the commercetools API on 127.0.0.1. Arguments: folder of the package, port.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, port] = process.argv.slice(2);
const module = createRequire(`${folder}/`).resolve("@labdigital/commercetools-mock");
const { CommercetoolsMock } = await import(pathToFileURL(module));
const mock = new CommercetoolsMock({
  defaultProjectKey: "bench",
  enableAuthentication: false,
  validateCredentials: false,
  silent: true,
});
await mock.app.listen({ host: "127.0.0.1", port: Number(port) });
