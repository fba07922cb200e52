/** The guide of the codebook beside the form, opened where it speaks of the field in hand. */

import { el, fill } from "./dom.js";

export class Guide {
  constructor(panel, book, { onClose }) {
    this.panel = panel;
    this.book = book;
    this.pages = el("select", { "aria-label": "Page of the guide" }, book.guide.map((page) => el("option", { value: page.name }, page.title)));
    this.pages.addEventListener("change", () => this.show(this.pages.value));
    this.content = el("div", { class: "guide-text", tabindex: "0", role: "region", "aria-label": "Guide" });
    const close = el("button", { type: "button", class: "plain", "aria-label": "Close the guide", on: { click: onClose } }, "×");
    fill(panel, el("div", { class: "guide-head" }, this.pages, close), this.content);
  }

  /** Show a page; `name`: scroll to where it first speaks of that variable. */
  show(page, name = "") {
    const found = this.book.guide.find((one) => one.name === page) ?? this.book.guide[0];
    if (!found) return;
    this.pages.value = found.name;
    if (this.shown !== found.name) {
      // The server makes it from Markdown, without HTML of the author.
      this.content.innerHTML = found.html;
      this.shown = found.name;
      this.content.scrollTop = 0;
    }
    for (const lit of this.content.querySelectorAll(".lit")) lit.classList.remove("lit");
    const spoken = name ? [...this.content.querySelectorAll("code")].filter((code) => code.textContent === name) : [];
    for (const code of spoken) code.classList.add("lit");
    spoken[0]?.scrollIntoView({ block: "center" });
  }
}
