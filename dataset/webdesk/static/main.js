/** Starts the coder's page: the book, what was not sent, and the document of the address. */

import { Server } from "./api.js";
import { Book } from "./book.js";
import { el, fill } from "./dom.js";
import { Page } from "./page.js";

async function start() {
  const server = new Server(new URL("api/", location.href.split("#")[0]).pathname);
  const book = new Book(await server.get("book"));
  const page = new Page(server, book);
  await page.desk.keeping.open();
  const { documents } = await server.get("documents");
  const asked = new URLSearchParams(location.hash.slice(1));
  const first = documents.find((one) => one.id === asked.get("document")) ?? documents.find((one) => !one.filed) ?? documents[0];
  if (!first) {
    fill(document.getElementById("text"), el("p", {}, "The package has no documents yet. Add one with: eventbook new document FILE"));
    return;
  }
  const row = first.id === asked.get("document") ? { table: asked.get("table"), key: asked.get("key") } : null;
  await page.openDocument(first.id, row);
  document.documentElement.dataset.ready = "true";
}

start().catch((error) => {
  const text = error.status === 401 ? "Open your private link again." : `The page cannot begin: ${error.message}.`;
  fill(document.getElementById("text"), el("p", { class: "finding error", role: "alert" }, text), el("button", { type: "button", on: { click: () => location.reload() } }, "Try again"));
  throw error;
});
