/** The difference in hand: both codings side by side, what can be decided, and why. */

import { el, fill, freshId } from "./dom.js";
import { Combobox } from "./combobox.js";
import { filledOf } from "./adjudicate_model.js";

/**
 * `hooks`: save(item, filled, partner), reopen(item), show(place), picked(span or null), find(words) -> spans,
 * places(words) -> how often the document has words, guide(page), kept(item) -> what was typed before a reload, keep(item, typed).
 */
export class Card {
  constructor(parent, book, hooks) {
    this.parent = parent;
    this.book = book;
    this.hooks = hooks;
  }

  /** Show a difference; `reasons` were given before. */
  show(differences, item, reasons) {
    this.differences = differences;
    this.item = item;
    this.reasons = reasons;
    this.choices = differences.choices(item);
    const typed = this.hooks.kept(item) ?? (item.open ? filledOf({}) : filledOf(item.row));
    this.typed = typed;
    this.partner = null;
    this.choice = this.choices.find((choice) => choice.decision === typed.decision && !choice.joins) ?? null;
    this._draw();
  }

  /** Choose by number; saves at once where no reason is needed, or where the last one is taken. */
  choose(number, withLast = false) {
    const choice = this.choices[number - 1];
    if (!choice) return;
    this.choice = choice;
    this.typed.decision = choice.decision;
    if (withLast && this.reasons.length) this.reason.value = this.typed.reason = this.reasons[0];
    this._mark();
    this._keep();
    if (choice.joins) this._choosePartner();
    else if (choice.decision === "other") this._openOther();
    else if (!choice.reasoned || (withLast && this.typed.reason)) this.save();
    else this.reason.focus();
  }

  /** Give up what was chosen and typed; returns whether there was anything. */
  giveUp() {
    if (!this.item) return false;
    const before = this.item.open ? filledOf({}) : filledOf(this.item.row);
    const changed = JSON.stringify(before) !== JSON.stringify(this.typed) || this.partner;
    this.hooks.keep(this.item, null);
    this.show(this.differences, this.item, this.reasons);
    return Boolean(changed);
  }

  /** Save what was decided. */
  save() {
    const { choice, typed } = this;
    if (!choice) return this.say("Decide first: press 1 or 2.");
    if (choice.joins && !this.partner) return this.say("Choose which one it is the same as.");
    if (choice.reasoned && !typed.reason.trim()) {
      this.say("This decision needs a reason.");
      this.reason.focus();
      return null;
    }
    const other = choice.decision === "other";
    const filled = {
      decision: choice.decision,
      value: other ? typed.value : "",
      quote: other ? typed.quote : "",
      because: other && typed.quote ? typed.because : "",
      reason: typed.reason,
    };
    this.say("");
    return this.hooks.save(this.item, filled, choice.joins ? this.partner : null);
  }

  /** Say what is wrong at the decision. */
  say(...lines) {
    fill(this.wrong, ...lines.filter(Boolean).map((line) => el("p", {}, line)));
    this.wrong.hidden = !lines.some(Boolean);
  }

  /** Take words of the document as the quote for another value. */
  takeWords(span) {
    if (!this.words || this.choice?.decision !== "other") return false;
    this.words.value = span.words;
    this._wordsTyped(span);
    this._keep();
    return true;
  }

  focus() {
    this.heading?.focus({ preventScroll: false });
  }

  _draw() {
    const { item, differences } = this;
    const { unit, row } = item;
    this.heading = el("h2", { tabindex: "-1" }, differences.question(item));
    this.wrong = el("div", { class: "wrong-note", role: "alert", hidden: true });
    const parts = [
      el("p", { class: "about" }, el("span", { class: "kind" }, unit.kind), " ", el("b", { dir: "auto" }, unit.title || unit.ids), " ", unit.title ? el("small", {}, unit.ids) : null),
      this.heading,
      this._help(),
      item.open ? null : el("p", { class: "done-note" }, el("b", {}, "Decided: "), `${differences.answer(item)}. ${row.decided_by}, ${row.decided_on}.`),
      item.kind === "value" ? this._values() : this._rows(),
      item.kind === "value" ? this._other() : this._partners(),
      this._reason(),
      this.wrong,
      el("div", { class: "buttons" },
        item.open ? null : el("button", { type: "button", on: { click: () => this.hooks.reopen(item) } }, "Open again ", el("kbd", {}, "x")),
        el("button", { type: "button", class: "main", on: { click: () => this.save() } }, "Save, next ", el("kbd", {}, "Enter"))),
    ];
    fill(this.parent, ...parts);
    this._mark();
    this.say(...item.mistakes.map((mistake) => mistake.text));
  }

  _help() {
    const { item } = this;
    if (item.kind === "pair") return el("p", { class: "soft" }, `The program takes the two for one ${item.unit.kind}: they have most of their words and values in common.`);
    if (item.kind === "single") {
      const { first_id } = item.row;
      const [has, lacks] = first_id ? this.differences.coders : [...this.differences.coders].reverse();
      return el("p", { class: "soft" }, `${has} has this ${item.unit.kind}, ${lacks} has nothing that is like it.`);
    }
    const page = this.book.field(item.unit.table, item.row.variable)?.guide;
    return el("p", { class: "soft" }, item.field.help, " ",
      page ? el("button", { type: "button", class: "link", on: { click: () => this.hooks.guide(page) } }, "The guide on it") : null);
  }

  _button(number, choice, content) {
    return el("button", {
      type: "button", class: "choice", "data-choice": number, "aria-pressed": "false",
      on: { click: () => this.choose(number) },
    }, el("kbd", {}, String(number)), el("span", { class: "content" }, content));
  }

  /** Both coders' values, each with its quotes. */
  _values() {
    const { item, differences } = this;
    const sides = ["first", "second"].map((side, n) => {
      const value = item.row[`${side}_value`];
      const words = item.values[side];
      const quotes = item.unit.quotes[n].filter((quote) => quote.variable === item.row.variable);
      const spoken = quotes.length ? quotes : item.row[`${side}_quote`] ? [{ words: item.row[`${side}_quote`] }] : [];
      return el("div", { class: `side ${side}` },
        this._button(n + 1, this.choices[n], [
          el("span", { class: "who" }, differences[side], el("i", { class: "mark" })),
          value ? el("span", { class: "value", dir: "auto" }, words || value) : el("span", { class: "value none" }, "left empty"),
          words ? el("small", { class: "code" }, value) : null,
        ]),
        this._quotes(spoken));
    });
    return el("div", { class: "sides" }, sides);
  }

  _quotes(quotes) {
    if (!quotes.length) return el("p", { class: "quotes soft" }, "No quote.");
    return el("ul", { class: "quotes" }, quotes.map((quote) => el("li", {},
      quote.document
        ? el("button", { type: "button", class: "quote", title: "Show it in the text", on: { click: () => this.hooks.show(quote) } }, el("q", { dir: "auto" }, quote.words))
        : el("q", { dir: "auto" }, quote.words))));
  }

  /** The rows of both coders side by side: what differs is marked. */
  _rows() {
    const { item, differences } = this;
    const both = item.kind === "pair";
    const sides = both ? [0, 1] : [item.row.first_id ? 0 : 1];
    const cell = (column, side) => {
      const value = column.values[side];
      return el("td", { dir: "auto" }, value ? column.words[side] || value : el("span", { class: "soft" }, "–"));
    };
    const rows = item.unit.columns.map((column) => el("tr", { class: both && column.differs ? "differs" : undefined },
      el("th", { scope: "row" }, column.title, both && column.differs ? el("span", { class: "unlike", title: "they differ" }, " ≠", el("span", { class: "unseen" }, " they differ")) : null),
      sides.map((side) => cell(column, side))));
    const table = el("div", { class: "rows", tabindex: "0", role: "region", "aria-label": "What they coded" }, el("table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, el("span", { class: "unseen" }, "Variable")),
        sides.map((side) => el("th", { scope: "col", class: side ? "second" : "first" }, differences.coders[side], el("i", { class: "mark" }), " ", el("small", {}, side ? item.row.second_id : item.row.first_id))))),
      el("tbody", {}, rows)));
    const buttons = this.choices.map((choice, n) => this._button(n + 1, choice, [
      el("span", { class: "value" }, choice.label), choice.detail ? el("small", {}, choice.detail) : null]));
    return [el("div", { class: "sides units" }, buttons), table];
  }

  /** Another value, with the words that carry it. */
  _other() {
    const { item, typed } = this;
    const field = this.book.field(item.field.table, item.field.name);
    const id = freshId("value");
    const options = this._options(field);
    const commit = (value) => {
      typed.value = value;
      this._keep();
      this._note();
    };
    if (options.length) {
      this.value = new Combobox({ id, choices: () => options, commit, separator: field?.separator || "" });
      this.value.set(typed.value);
      this.valueInput = this.value.input;
    } else {
      this.value = null;
      this.valueInput = el("input", { id, type: "text", autocomplete: "off", dir: "auto", placeholder: field?.example ? `for example ${field.example}` : undefined, on: { input: (event) => commit(event.target.value) } });
      this.valueInput.value = typed.value;
    }
    const words = freshId("words");
    this.words = el("input", { id: words, type: "text", autocomplete: "off", dir: "auto", on: { input: () => { this._wordsTyped(null); this._keep(); } } });
    this.words.value = typed.quote;
    this.wordsNote = el("small", { class: "soft", role: "status" });
    const because = freshId("because");
    this.because = el("input", { id: because, type: "text", autocomplete: "off", dir: "auto", on: { input: (event) => { typed.because = event.target.value; this._keep(); } } });
    this.because.value = typed.because;
    this.otherFields = el("div", { class: "other-fields", hidden: true },
      el("div", { class: "field" }, el("label", { for: id }, "The value"), this.value?.element ?? this.valueInput, el("small", { class: "soft" }, "Empty: the cell is left empty.")),
      item.unit.document ? el("div", { class: "field" }, el("label", { for: words }, "Its words in the text"), this.words, this.wordsNote) : null,
      item.unit.document ? el("div", { class: "field" }, el("label", { for: because }, "Why it follows from the words, where they do not state it"), this.because) : null);
    return el("div", { class: "other" },
      this._button(3, this.choices[2], el("span", { class: "value" }, "Another value")), this.otherFields);
  }

  _options(field) {
    const { item } = this;
    if (item.field.options.length) return item.field.options.map(({ code, label }) => ({ value: code, label: label || code }));
    if (!field?.codes) return [];
    const parent = field.parent ? item.field.parents[field.parent] : "";
    const codes = this.book.codes[field.codes] ?? [];
    const fitting = parent ? codes.filter((code) => code.attributes[field.parent] === parent) : [];
    return (fitting.length ? fitting : codes).map((code) => ({
      value: code.code, label: code.label || code.code, detail: code.definition, old: Boolean(code.deprecated),
      more: [code.include && `Include: ${code.include}`, code.exclude && `Exclude: ${code.exclude}`].filter(Boolean).join(" "),
    }));
  }

  _openOther() {
    this._mark();
    this.valueInput.focus();
    this._wordsTyped(null);
  }

  /** The words of the quote were typed or taken from the text. */
  _wordsTyped(span) {
    if (!this.words) return;
    const typed = this.words.value.trim();
    const found = span ? [span] : this.hooks.find(typed);
    const place = found[0] ?? null;
    this.typed.quote = place ? place.words : typed;
    this.hooks.picked(typed ? place : null);
    const times = place ? this.hooks.places(place.words) : 0;
    this.unfound = Boolean(typed) && !place;
    this.wordsNote.textContent = !typed ? "Select them in the text, or type them."
      : !place ? "The text does not have these words."
      : times > 1 ? `The text has them ${times} times, and the first is taken: take more words for another.`
      : "";
    this.wordsNote.classList.toggle("lacking", Boolean(typed) && (!place || times > 1));
    this._note();
  }

  _note() {
    if (!this.words || this.words.value.trim()) return;
    if (this.item.field.evidence && this.typed.value) this.wordsNote.textContent = "This value needs words of the text: select them, or type them.";
  }

  /** The units of the other coder that a unit may be the same as. */
  _partners() {
    const { item, differences } = this;
    const partners = differences.partners(item);
    this.partnerBox = null;
    if (!partners.length) return null;
    const id = freshId("partner");
    this.partnerBox = new Combobox({
      id,
      choices: () => partners.map((other) => ({ value: other.key, label: `${other.unit.title}`, detail: other.row.first_id || other.row.second_id })),
      commit: (key) => { this.partner = differences.byKey.get(key) ?? null; this.hooks.partner?.(this.partner); },
    });
    this.partnerFields = el("div", { class: "other-fields", hidden: true },
      el("div", { class: "field" }, el("label", { for: id }, `Which of ${differences.otherOf(item)}'s?`), this.partnerBox.element));
    return this.partnerFields;
  }

  _choosePartner() {
    this._mark();
    const partners = this.differences.partners(this.item);
    if (partners.length === 1) {
      this.partnerBox.set(partners[0].key);
      this.partner = partners[0];
    }
    this.partnerBox.input.focus();
    if (partners.length > 1) this.partnerBox.open();
  }

  _reason() {
    const id = freshId("reason");
    this.reason = el("textarea", {
      id, rows: "1", dir: "auto", autocomplete: "off", "aria-describedby": `${id}-hint`,
      on: {
        input: (event) => { this.typed.reason = event.target.value; this._keep(); },
        keydown: (event) => this._reasonKey(event),
      },
    });
    this.reason.value = this.typed.reason;
    this.at = -1;
    this.needed = el("small", { class: "soft" });
    const take = (text) => {
      this.reason.value = this.typed.reason = text;
      this._keep();
      this.reason.focus();
    };
    return el("div", { class: "field reason" },
      el("label", { for: id }, "Reason ", this.needed), this.reason,
      el("small", { id: `${id}-hint`, class: "soft" }, this.reasons.length ? "↓ takes a reason that you gave before." : "Best with the page of the guide."),
      this.reasons.length ? el("ul", { class: "reasons", "aria-label": "Reasons that were given before" },
        this.reasons.map((text) => el("li", {}, el("button", { type: "button", dir: "auto", on: { click: () => take(text) } }, text)))) : null);
  }

  _reasonKey(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      this.save();
      return;
    }
    const way = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const walking = this.at >= 0 ? this.reason.value === this.reasons[this.at] : this.reason.value === "";
    if (!way || !walking || !this.reasons.length) return;
    event.preventDefault();
    this.at = Math.max(-1, Math.min(this.reasons.length - 1, this.at + way));
    this.reason.value = this.typed.reason = this.at < 0 ? "" : this.reasons[this.at];
    this._keep();
  }

  _mark() {
    for (const button of this.parent.querySelectorAll("[data-choice]")) {
      button.setAttribute("aria-pressed", String(this.choices[button.dataset.choice - 1] === this.choice));
    }
    if (this.otherFields) this.otherFields.hidden = this.choice?.decision !== "other" || this.item.kind !== "value";
    if (this.partnerBox) this.partnerFields.hidden = !this.choice?.joins;
    this.needed.textContent = this.choice && !this.choice.reasoned ? "may be left empty" : "needed";
    if (this.item.kind === "pair" || this.item.kind === "single") if (!this.choice) this.needed.textContent = "";
  }

  _keep() {
    this.hooks.keep(this.item, this.typed);
  }
}
