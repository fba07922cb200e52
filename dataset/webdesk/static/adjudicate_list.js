/** The list of all differences, by unit: which are decided, and the one in hand. */

import { el, fill } from "./dom.js";

const FILTERS = [["all", "All"], ["open", "Open"], ["decided", "Decided"]];

/** `hooks`: open(item), filtered(filter), confirm() for all pairs that the program proposes. */
export class List {
  constructor(parent, hooks) {
    this.parent = parent;
    this.hooks = hooks;
    this.filter = "all";
    this.items = el("div", { class: "groups" });
    this.filters = el("div", { class: "filters", role: "group", "aria-label": "Which differences are listed" });
    this.proposed = el("div");
    fill(parent, this.filters, this.proposed, this.items);
  }

  /** Show the differences, with one of them in hand. */
  show(differences, item) {
    const { decided, items } = differences;
    const counts = { all: items.length, open: items.length - decided, decided };
    fill(this.filters, FILTERS.map(([name, title]) => el("button", {
      type: "button", "aria-pressed": String(this.filter === name), on: { click: () => this.set(name) },
    }, `${title} `, el("small", {}, String(counts[name])))));
    const proposed = differences.proposed().length;
    fill(this.proposed, proposed > 1 ? el("button", { type: "button", class: "confirm", on: { click: () => this.hooks.confirm() } }, `Confirm all ${proposed} proposed pairs…`) : null);
    const groups = differences.groups(this.filter);
    fill(this.items, groups.map(({ unit, items: own }) => this._group(differences, unit, own, item)),
      groups.length ? null : el("p", { class: "soft" }, this.filter === "open" ? "Everything is decided." : "Nothing is decided yet."));
    if (/auto|scroll/.test(getComputedStyle(this.parent).overflowY)) this.items.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  set(filter) {
    this.filter = filter;
    this.hooks.filtered(filter);
  }

  /** Go on to the next filter. */
  turn() {
    const at = FILTERS.findIndex(([name]) => name === this.filter);
    this.set(FILTERS[(at + 1) % FILTERS.length][0]);
  }

  focus() {
    (this.items.querySelector("[aria-current]") ?? this.items.querySelector("button"))?.focus();
  }

  _group(differences, unit, own, current) {
    return el("section", { class: "group" },
      el("h3", {}, el("span", { class: "kind" }, unit.kind), " ", el("span", { dir: "auto" }, unit.title || unit.ids)),
      unit.words ? el("p", { class: "words", dir: "auto" }, unit.words) : null,
      el("ol", {}, own.map((item) => {
        const answer = differences.answer(item);
        const state = item.mistakes.length ? "wrong" : item.open ? "open" : "decided";
        return el("li", {}, el("button", {
          type: "button", class: `item ${state}`, "aria-current": item.key === current?.key ? "true" : undefined,
          on: { click: () => this.hooks.open(item) },
        },
        el("span", { class: "sign", "aria-hidden": "true" }, { wrong: "!", open: "○", decided: "✓" }[state]),
        el("span", { class: "asked" }, differences.question(item), el("span", { class: "unseen" }, state === "open" ? ", open" : state === "decided" ? ", decided:" : ", wrong:")),
        item.open ? null : el("small", { dir: "auto" }, answer)));
      })));
  }
}
