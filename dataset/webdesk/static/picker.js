/** The panel beside selected words: which values they carry, a new row from them, or passing over them. */

import { Combobox, matches } from "./combobox.js";
import { el, fill, freshId } from "./dom.js";
import { kindOf, kindsOf } from "./words.js";

const DIGITS = 9;

/**
 * `desk` is what the panel works on: book, rows, values, quotes, text, letters, and
 * `attach(span, entry, names, more, quote)`, `begin(table, span)`, `pass(span, whole, cells)`,
 * `dropQuote(quote)`, `field()` (the name of the field in hand). `onLeave(used)` is called when it closes.
 */
export class Picker {
  constructor(desk, { onLeave }) {
    this.desk = desk;
    this.onLeave = onLeave;
    this.span = null;
    const title = freshId("picker");
    this.title = el("p", { id: title, class: "picked-words", dir: "auto" });
    this.about = el("p", { class: "about" });
    this.search = el("input", { type: "text", class: "search", placeholder: "search: /", "aria-label": "Search the variables", autocomplete: "off" });
    this.list = el("div", { role: "listbox", tabindex: "0", id: freshId("variables"), "aria-label": "Variables that these words carry", "aria-multiselectable": "true", class: "variables" });
    this.extra = el("div", { class: "extra" });
    this.actions = el("div", { class: "actions" });
    this.element = el("div", { class: "picker", popover: "manual", tabindex: "-1", role: "dialog", "aria-labelledby": title }, this.title, this.about, this.search, this.list, this.extra, this.actions);
    this.element.addEventListener("keydown", (event) => this._key(event));
    this.search.addEventListener("input", () => this._draw());
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest("[data-name]");
      if (!item) return;
      if (event.target.closest(".tick") || event.ctrlKey || event.metaKey) this._tick(item.dataset.name);
      else this.use([...new Set([...this.ticked, item.dataset.name])]);
    });
    document.body.append(this.element);
  }

  get isOpen() {
    return this.element.matches(":popover-open");
  }

  /** Open the panel for words; `quote`: for the words of a quote that is there, to be changed. */
  open(span, { quote = null, focus = true } = {}) {
    this.span = span;
    this.quote = quote;
    this.ticked = new Set(quote ? this.desk.quotes.variables(quote) : []);
    this.search.value = "";
    this.first = this.desk.field();
    this.mode = "choose";
    this.more = quote ? this._reason(quote.cells) : {};
    this.withReason = Boolean(this.more[this._names.basis] || this.more[this._names.because]);
    this.active = -1;
    this._draw();
    if (!this.isOpen) this.element.showPopover();
    this.place();
    if (focus) this._focus();
  }

  /** Take another span for the words that are in hand. */
  take(span) {
    this.span = span;
    this._draw();
    this.place();
  }

  close(used = false) {
    if (!this.isOpen) return;
    this.element.hidePopover();
    this.span = null;
    this.quote = null;
    this.onLeave(used);
  }

  _focus() {
    (this.list.hidden ? this.element : this.list).focus({ preventScroll: true });
  }

  /** Put the panel beside its words. */
  place() {
    if (!this.span || !this.isOpen) return;
    const box = this.desk.text.box(this.span);
    const { offsetWidth: width, offsetHeight: height } = this.element;
    // Not over the form, where there is room.
    const edge = Math.max(this.desk.text.parent.getBoundingClientRect().right, width + 16);
    const left = Math.max(8, Math.min(box.left, edge - width, window.innerWidth - width - 8));
    const below = box.bottom + 8;
    const above = box.top - height - 8;
    const top = below + height < window.innerHeight - 8 ? below : above > 8 ? above : Math.max(8, window.innerHeight - height - 8);
    this.element.style.left = `${left}px`;
    this.element.style.top = `${top}px`;
  }

  /** Have the words carry variables, or with none everything else. */
  use(names) {
    const { span, quote, more } = this;
    const entry = this.desk.entry();
    if (!entry || !span) return;
    this.close(true);
    this.desk.attach(span, entry, names, more, quote);
  }

  get _names() {
    return this.desk.quotes.names ?? {};
  }

  _reason(cells) {
    const { basis, because } = this._names;
    return { [basis]: cells[basis] ?? "", [because]: cells[because] ?? "" };
  }

  _draw() {
    const entry = this.desk.entry();
    this.title.textContent = this.span.words;
    this.about.textContent = this._about(entry);
    this.options = entry ? this._options(entry) : [];
    if (this.active >= this.options.length || this.active < 0) this.active = this.options.length ? 0 : -1;
    this._drawList();
    this._drawExtra();
    this._drawActions(entry);
    this.search.hidden = this.list.hidden = !entry || this.mode !== "choose";
  }

  _about(entry) {
    const cut = this.span.cut ? "; a quote ends with its paragraph, the rest was left out" : "";
    const words = entry ? `${this.quote ? "Words of" : "For"} ${this.desk.nameOf(entry)}` : "Nothing is in hand";
    return `${words} · paragraph ${this.span.paragraph}${cut}`;
  }

  /** Return the variables of the row in hand, those that fit first. */
  _options(entry) {
    const { book, quotes, values } = this.desk;
    const can = quotes.canHave(entry.table);
    const bare = new Set(quotes.lacking(entry).map((field) => field.name));
    const needs = this.desk.needs(entry);
    const kinds = kindsOf(this.span.words);
    const fields = book.typed(book.table(entry.table)).filter((field) => (can ? field.evidence || field.wordsFor : !field.codes));
    const options = fields.map((field, n) => {
      const value = entry.cells[field.name] ?? "";
      const said = value ? "" : values.said(field, this.span.words, entry.cells);
      const fits = kinds.has(kindOf(field)) || (said && (field.codes || field.target));
      const first = field.name === this.first;
      const usual = needs.needed.has(field.name) ? 0 : needs.possible.has(field.name) ? 1 : 2;
      const lacks = bare.has(field.name);
      const order = [!first, !lacks, lacks && !fits, Boolean(value) && !lacks, !(fits && usual < 2), Boolean(field.wordsFor), usual, n].map(Number);
      return { value: field.name, label: field.title, names: [field.name], text: value ? values.shown(field, value) : "", said: first || fits ? said : "", lacks, fits, order };
    });
    options.sort((a, b) => compare(a.order, b.order));
    const ticked = options.filter((option) => this.ticked.has(option.value));
    const all = this.quote ? [...ticked, ...options.filter((option) => !this.ticked.has(option.value))] : options;
    const asked = this.search.value;
    return asked ? matches(all, asked).found.map(({ option }) => option) : all;
  }

  _drawList() {
    const items = this.options.map((option, n) => {
      const ticked = this.ticked.has(option.value);
      const state = option.said ? el("small", { class: "said" }, `→ ${option.said}`)
        : option.text ? el("small", { class: option.lacks ? "lacks" : "has" }, option.text)
        : option.fits ? el("small", {}, "fits") : null;
      return el("div", { role: "option", id: `${this.list.id}-${n}`, "data-name": option.value, "aria-selected": String(ticked), class: n === this.active ? "active" : undefined },
        el("span", { class: "tick", "aria-hidden": "true" }, ticked ? "✓" : ""),
        el("span", { class: "name" }, option.label), state,
        n < DIGITS && !this.search.value ? el("kbd", { "aria-hidden": "true" }, `${n + 1}`) : null);
    });
    fill(this.list, ...items);
    const active = items[this.active];
    if (active) {
      this.list.setAttribute("aria-activedescendant", active.id);
      active.scrollIntoView({ block: "nearest" });
    } else {
      this.list.removeAttribute("aria-activedescendant");
    }
  }

  _drawExtra() {
    if (this.mode === "pass") return;
    if (!this.withReason || !this.desk.quotes.names) {
      fill(this.extra);
      return;
    }
    if (this.extra.childElementCount) return;
    const { basis, because } = this._names;
    const table = this.desk.quotes.table;
    fill(this.extra, ...[basis, because].filter(Boolean).map((name) => this._input(table.byName.get(name), this.more, () => this.use([...this.ticked]))));
  }

  _drawActions(entry) {
    const { book, quotes, passages } = this.desk;
    const button = (label, key, run) => el("button", { type: "button", on: { click: run } }, label, key ? el("kbd", { "aria-hidden": "true" }, key) : null);
    if (this.mode === "pass") {
      fill(this.actions, button("Pass over", "Enter", () => this._pass()), button("Back", "Esc", () => this._choose()));
      return;
    }
    const buttons = [];
    const words = this._wordFields();
    if (words.length) buttons.push(button(`Also as “${words[0].title}”`, "w", () => this._withWords()));
    if (this.ticked.size || this.quote) buttons.push(button(this.quote ? "Change" : `Add ${this.ticked.size}`, "Enter", () => this.use([...this.ticked])));
    if (entry && quotes.canHave(entry.table)) {
      if (quotes.names.separator && !this.quote) buttons.push(button("Everything else", "a", () => this.use([])));
      if (!this.withReason) buttons.push(button("Basis, because", "b", () => this._because()));
    }
    if (this.quote) buttons.push(button("Delete quote", "Del", () => this._drop()));
    if (this.quote && quotes.variables(this.quote).length > 1) buttons.push(button("Split", "s", () => this._split()));
    if (!this.quote) {
      for (const table of book.units) buttons.push(button(`New ${table.row[0]}`, book.letter(table), () => this._begin(table)));
      if (passages) {
        if (passages.words) buttons.push(button("Pass over", "p", () => this._passing(false)));
        buttons.push(button("Pass over paragraph", "P", () => this._passing(true)));
      }
    }
    buttons.push(button("Give up", "Esc", () => this.close()));
    fill(this.actions, ...buttons);
  }

  /** Return a labelled input for a cell of a row that is not there yet. */
  _input(field, cells, done) {
    const id = freshId("extra");
    const { values } = this.desk;
    let input;
    let element;
    let take;
    if (values.hasList(field)) {
      const combobox = new Combobox({ id, choices: () => values.choices(field, cells), commit: (value) => { cells[field.name] = value; } });
      combobox.set(cells[field.name] ?? "");
      ({ input, element } = combobox);
      take = () => combobox._take();
    } else {
      element = input = el("input", { id, type: "text", maxlength: field.longest || undefined, value: cells[field.name] ?? "", autocomplete: "off" });
      input.addEventListener("input", () => { cells[field.name] = input.value.trim(); });
      take = () => {};
    }
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      take();
      done();
    });
    return el("label", { for: id }, el("span", {}, field.title), element);
  }

  /** Return the empty fields that hold the words of what would be chosen. */
  _wordFields() {
    const entry = this.desk.entry();
    if (!entry || this.quote) return [];
    const { book } = this.desk;
    const chosen = new Set(this._chosen());
    return book.typed(book.table(entry.table)).filter((field) => chosen.has(field.wordsFor) && !entry.cells[field.name]);
  }

  _chosen() {
    if (this.ticked.size) return [...this.ticked];
    return this.active >= 0 ? [this.options[this.active].value] : [];
  }

  _withWords() {
    this.use([...this._chosen(), ...this._wordFields().map((field) => field.name)]);
  }

  _because() {
    this.withReason = true;
    fill(this.extra);
    this._draw();
    this.place();
    this.extra.querySelector("input")?.focus();
  }

  _passing(whole) {
    const { passages, book } = this.desk;
    const table = book.table(passages.table);
    this.mode = "pass";
    this.whole = whole || !passages.words;
    this.passing = {};
    const inputs = [passages.reason, passages.because].filter(Boolean).map((name) => this._input(table.byName.get(name), this.passing, () => this._pass()));
    fill(this.extra, ...inputs);
    this._draw();
    this.about.textContent = this.whole ? `Nothing is coded from paragraph ${this.span.paragraph}, because` : "Nothing is coded from these words, because";
    this.place();
    this.extra.querySelector("input")?.focus();
  }

  _pass() {
    const { span, whole, passing } = this;
    this.close(true);
    this.desk.pass(span, whole, passing);
  }

  _choose() {
    this.mode = "choose";
    fill(this.extra);
    this._draw();
    this.place();
    this._focus();
  }

  _begin(table) {
    const { span } = this;
    this.close(true);
    this.desk.begin(table.name, span);
  }

  _drop() {
    const { quote } = this;
    this.close(true);
    this.desk.dropQuote(quote);
  }

  _split() {
    const { quote } = this;
    this.close(true);
    this.desk.splitQuote(quote);
  }

  _tick(name) {
    if (this.ticked.has(name)) this.ticked.delete(name);
    else this.ticked.add(name);
    this._drawList();
    this._drawActions(this.desk.entry());
  }

  _key(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      if (this.mode === "pass") this._choose();
      else this.close();
    } else if ([this.list, this.search, this.element].includes(event.target)) {
      if (!this._listKey(event)) return;
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  _listKey(event) {
    const count = this.options.length;
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return this._adjust(event);
    }
    if (event.shiftKey && key.startsWith("Arrow")) return this._adjust(event);
    if (key === "ArrowDown" || key === "ArrowUp") {
      if (count) this.active = (this.active + (key === "ArrowDown" ? 1 : -1) + count) % count;
      this._drawList();
      this._drawActions(this.desk.entry());
    } else if (key === "Enter") {
      if (this.quote || this._chosen().length) this.use(this.quote ? [...this.ticked] : this._chosen());
    } else if (key === " ") {
      if (this.active >= 0) this._tick(this.options[this.active].value);
    } else if (event.target === this.search) {
      return false;
    } else {
      return this._command(key);
    }
    return true;
  }

  _command(key) {
    const { book, quotes, passages } = this.desk;
    const entry = this.desk.entry();
    const unit = !this.quote && book.units.find((table) => book.letter(table) === key);
    if (/^[1-9]$/.test(key) && this.options[key - 1]) {
      const { value } = this.options[key - 1];
      if (this.ticked.size) this._tick(value);
      else this.use([value]);
    } else if (unit) this._begin(unit);
    else if (key === "/") this.search.focus();
    else if (key === ".") this.desk.takeSpan(this.desk.sentence(this.span));
    else if (key === "w" && this._wordFields().length) this._withWords();
    else if (key === "a" && entry && !this.quote && quotes.canHave(entry.table) && quotes.names.separator) this.use([]);
    else if (key === "b" && entry && quotes.canHave(entry.table)) this._because();
    else if (key === "p" && passages?.words && !this.quote) this._passing(false);
    else if ((key === "P" || key === "p") && passages && !this.quote) this._passing(true);
    else if (key === "Delete" && this.quote) this._drop();
    else if (key === "s" && this.quote) this._split();
    else return false;
    return true;
  }

  /** Shift and arrows move the end of the words by a word, with Alt their start. */
  _adjust(event) {
    if (!event.shiftKey || !["ArrowLeft", "ArrowRight"].includes(event.key)) return false;
    const span = this.desk.stretched(this.span, event.altKey ? "start" : "end", event.key === "ArrowRight" ? 1 : -1);
    if (span) this.desk.takeSpan(span);
    return true;
  }
}

function compare(one, other) {
  for (let n = 0; n < one.length; n += 1) if (one[n] !== other[n]) return one[n] - other[n];
  return 0;
}
