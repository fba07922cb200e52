/** Finding words in the text by typing them: what fits is lit up, the first of it is selected. */

import { el, fill } from "./dom.js";

/** `desk`: text, `light()`, `pick(span)` (selects), `picked(span, attach)` (takes them). */
export class Finder {
  constructor(host, desk) {
    this.host = host;
    this.desk = desk;
    this.found = [];
    this.at = 0;
    this.input = el("input", { type: "text", "aria-label": "Find words in the text", placeholder: "find words", autocomplete: "off", spellcheck: "false", dir: "auto" });
    this.count = el("small", { "aria-live": "polite" });
    const close = el("button", { type: "button", class: "plain", "aria-label": "Close", on: { click: () => this.close() } }, "×");
    this.input.addEventListener("input", () => this._search());
    this.input.addEventListener("keydown", (event) => this._key(event));
    fill(host, this.input, this.count, close);
    host.hidden = true;
  }

  open() {
    this.host.hidden = false;
    this.input.value = "";
    this._search();
    this.input.focus();
  }

  close() {
    if (this.host.hidden) return;
    this.host.hidden = true;
    this.found = [];
    this.desk.text.light("found", []);
    this.desk.leftFinder();
  }

  _search() {
    this.found = this.desk.text.find(this.input.value);
    this.at = 0;
    this.desk.text.light("found", this.found, 4);
    this._show();
  }

  _show() {
    const span = this.found[this.at] ?? null;
    this.count.textContent = this.input.value.trim() ? (span ? `${this.at + 1} of ${this.found.length}` : "not in the text") : "";
    this.desk.pick(span);
  }

  _key(event) {
    if (event.isComposing) return;
    const count = this.found.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (count) this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + count) % count;
      this._show();
    } else if (event.key === "Enter") {
      const span = this.found[this.at];
      if (!span) return;
      this.host.hidden = true;
      this.desk.text.light("found", []);
      this.desk.picked(span, event.ctrlKey || event.altKey || event.metaKey);
    } else if (event.key === "Escape") {
      this.desk.pick(null);
      this.close();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
