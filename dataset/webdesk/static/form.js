/** The form of the row in hand: a field for each variable, with its help, its findings and its words. */

import { Combobox } from "./combobox.js";
import { el, fill, freshId } from "./dom.js";
import { weekday } from "./words.js";

const LONG = 200;
/** How long Enter waits, in milliseconds, for the server to say which fields the row needs. */
const PATIENCE = 500;

/**
 * `desk` is what the form works on: book, rows, values, quotes, and
 * `edit(entry, name, text, now)`, `ownFindings(entry)`, `complete(entry)`, `needs(entry)`,
 * `create(table, text)`, `focused(entry, name)`, `lookAt(quote)`, `drop(quote, variable)`.
 */
export class Form {
  constructor(host, desk) {
    this.host = host;
    this.desk = desk;
    this.id = null;
    this.widgets = new Map();
    this.all = false;
    this.waiting = false;
    this.left = null;
    this.used = new AbortController();
    for (const event of ["keydown", "pointerdown"]) {
      document.addEventListener(event, () => { this.waiting = false; this.left = null; }, { capture: true, signal: this.used.signal });
    }
  }

  /** The form is not used any more. */
  end() {
    this.used.abort();
  }

  get entry() {
    return this.id ? this.desk.rows.get(this.id) : null;
  }

  /** Draw the form of a row; null clears it. */
  show(entry, readOnly = false) {
    this.id = entry?.id ?? null;
    this.readOnly = readOnly;
    this.left = null;
    this.widgets.clear();
    if (!entry) {
      fill(this.host);
      return;
    }
    const table = this.desk.book.table(entry.table);
    this.more = el("button", { type: "button", class: "more", "aria-expanded": String(this.all), on: { click: () => this.toggle() } });
    const fields = this.desk.book.typed(table).map((field) => this._widget(entry, field));
    this.list = el("div", { class: "fields" }, fields.map((widget) => widget.element));
    this.list.addEventListener("keydown", (event) => this._enter(event));
    fill(this.host, this.list, el("div", { class: "others" }, this.more, this._adding()));
    this.refresh();
  }

  /** Show all fields, or only those that the row needs or has. */
  toggle() {
    this.all = !this.all;
    this.refresh();
  }

  /** Show what has changed: values, defaults, findings, words. What is being typed is left alone. */
  refresh() {
    const { entry } = this;
    if (!entry) return;
    const needs = this.desk.needs(entry);
    const findings = this.desk.ownFindings(entry);
    const complete = this.desk.complete(entry);
    const bare = new Set(this.desk.quotes.lacking(entry).map((field) => field.name));
    const involved = this._involved(entry, findings);
    const mentioned = new Set([...involved.values()].flat());
    const used = this._used(entry);
    const table = this.desk.book.table(entry.table);
    const asked = new Set(table.first.filter((name) => !table.byName.get(name)?.default));
    const before = new Set([...this.widgets.values()].filter((widget) => !widget.element.hidden));
    let folded = 0;
    for (const widget of this.widgets.values()) {
      const { field } = widget;
      const own = findings.filter((finding) => (this.widgets.has(finding.column) ? finding.column : involved.get(finding)?.[0]) === field.name);
      const needed = needs.needed.has(field.name);
      const value = entry.cells[field.name] ?? "";
      const shown = needed || value || own.length || ((used.has(field.name) || asked.has(field.name)) && needs.possible.has(field.name)) || mentioned.has(field.name) || widget.element.contains(document.activeElement);
      widget.element.hidden = !shown && !this.all;
      if (!shown) folded += 1;
      widget.element.classList.toggle("needed", needed);
      widget.element.classList.toggle("empty", needed && !value && !complete[field.name]);
      widget.element.classList.toggle("off", !needed && !needs.possible.has(field.name) && !value);
      widget.must.hidden = !needed;
      widget.set(value, this._default(field, complete));
      this._below(widget, entry, own, bare.has(field.name), value);
    }
    this.more.hidden = this.adding.hidden = !folded;
    this.more.setAttribute("aria-expanded", String(this.all));
    this.more.textContent = this.all ? "Fewer fields" : `More fields (${folded})`;
    this.list.setAttribute("aria-busy", String(!needs.sure));
    if (needs.sure && this.left) this._leave();
    else this._goOn(entry, before);
  }

  /** Whoever has gone past the last field goes on with those that have come to be needed since. */
  _goOn(entry, before) {
    if (document.activeElement !== this.more && !this.waiting) return;
    const widgets = [...this.widgets.values()];
    const last = widgets.findIndex(({ field }) => field.name === this.desk.field());
    const come = widgets.slice(last + 1).find((widget) => !before.has(widget) && !widget.element.hidden && !entry.cells[widget.field.name]);
    if (come && !this.all) come.input.focus();
  }

  /** Return the fields that other rows of the document have values of. */
  _used(entry) {
    const others = this.desk.rows.all(entry.table).filter((other) => other.id !== entry.id);
    const shared = this.desk.book.table(entry.table).shared;
    return new Set(shared ? [] : others.flatMap((other) => Object.keys(other.cells)));
  }

  /** Enter is done with a field, and goes on to the next one that the row needs and has not. */
  _enter(event) {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (!event.target.matches("input, textarea") || event.target.form) return;
    event.preventDefault();
    this.left = [...this.widgets.values()].find(({ input }) => input === event.target);
    if (this.desk.needs(this.entry).sure) this._leave();
    else setTimeout(() => this.left && this.entry && this._leave(), PATIENCE);
  }

  /** Go on from the field that one is done with. */
  _leave() {
    const here = this.left;
    this.left = null;
    const { entry } = this;
    const needs = this.desk.needs(entry);
    const widgets = [...this.widgets.values()].filter(({ field, element }) => !element.hidden && needs.needed.has(field.name));
    const all = [...this.widgets.values()];
    const at = (widget) => all.indexOf(widget);
    const open = widgets.filter((widget) => widget !== here && !entry.cells[widget.field.name]);
    const next = open.find((widget) => at(widget) > at(here)) ?? open[0];
    if (next) {
      next.input.focus();
      next.element.scrollIntoView({ block: "nearest" });
    } else {
      this.waiting = true;
    }
  }

  /** Return the field in which a field that is folded away can be searched. */
  _adding() {
    const combobox = new Combobox({
      label: "Add a field",
      choices: () => [...this.widgets.values()].filter(({ element }) => element.hidden).map(({ field }) => ({ value: field.name, label: field.title, detail: field.help })),
      commit: (name) => {
        combobox.set("");
        this.focus(name);
      },
    });
    combobox.input.placeholder = "Add a field";
    this.adding = combobox.element;
    return combobox.element;
  }

  /** Return the fields that findings speak of, those that are empty first. */
  _involved(entry, findings) {
    const found = new Map();
    for (const finding of findings) {
      const known = finding.columns.filter((name) => this.widgets.has(name));
      found.set(finding, [...known].sort((a, b) => Number(Boolean(entry.cells[a])) - Number(Boolean(entry.cells[b]))));
    }
    return found;
  }

  /** Return the findings that are shown at no field. */
  homeless(entry, findings) {
    const involved = this._involved(entry, findings);
    return findings.filter((finding) => !this.widgets.has(finding.column) && !involved.get(finding)?.length);
  }

  /** Put the focus on a field, which is shown if it is folded away. */
  focus(name) {
    const widget = this.widgets.get(name);
    if (!widget) return false;
    widget.element.hidden = false;
    widget.input.focus();
    widget.element.scrollIntoView({ block: "nearest" });
    return true;
  }

  /** Put the focus on the first field that the row needs and has not, or on the first one. */
  focusFirst() {
    const { entry } = this;
    if (!entry) return;
    const needs = this.desk.needs(entry);
    const all = [...this.widgets.values()].filter((widget) => !widget.element.hidden);
    const first = all.find(({ field }) => needs.needed.has(field.name) && !entry.cells[field.name]) ?? all[0];
    first?.input.focus();
    first?.element.scrollIntoView({ block: "nearest" });
  }

  /** Type words into the field with a list, so that a row can be chosen for them or made. */
  type(name, words) {
    this.widgets.get(name)?.combobox?.type(words);
  }

  _default(field, complete) {
    const value = complete[field.name];
    return value ? `${this.desk.values.shown(field, value)} (default)` : "";
  }

  _widget(entry, field) {
    const id = freshId("field");
    const below = el("div", { class: "below", id: `${id}-below` });
    const must = el("span", { class: "must", hidden: true }, el("span", { class: "unseen" }, " needed"));
    const label = el("label", { for: id }, field.title, must);
    const made = this.desk.values.hasList(field) ? this._list(entry, field, id) : this._text(entry, field, id);
    const element = el("div", { class: "field", "data-field": field.name }, label, el("div", { class: "control" }, made.element, below));
    element.addEventListener("focusin", () => this.desk.focused(this.entry, field.name));
    const widget = { ...made, field, element, below, must };
    this.widgets.set(field.name, widget);
    return widget;
  }

  _list(entry, field, id) {
    const target = field.target && this.desk.book.table(field.target);
    const combobox = new Combobox({
      id,
      describedBy: `${id}-below`,
      readOnly: this.readOnly || field.fixed,
      separator: field.separator,
      choices: () => this.desk.values.choices(field, this.entry?.cells ?? {}).filter((one) => one.value !== this._own(field)),
      commit: (value) => this.desk.edit(this.entry, field.name, value, true),
      create: target ? `new ${target.row[0]}` : "",
      make: target?.shared ? (text) => this._make(field, target, text) : undefined,
    });
    const set = (value, usual) => {
      combobox.input.placeholder = combobox.separator && value ? "" : usual;
      combobox.set(value);
    };
    return { element: combobox.element, input: combobox.input, combobox, set };
  }

  /** A row does not point to itself. */
  _own(field) {
    const { entry } = this;
    return entry && field.target === entry.table ? entry.cells[field.targetColumn] : undefined;
  }

  async _make(field, target, text) {
    const { id } = this;
    const value = await this.desk.create(target.name, text);
    const entry = this.desk.rows.get(id);
    if (!value || !entry) return;
    const values = [...this.desk.book.parts(field, entry.cells[field.name]), value];
    this.desk.edit(entry, field.name, field.separator ? values.join(field.separator) : value, true);
    if (this.id === id) this.focus(field.name);
  }

  _text(entry, field, id) {
    const long = field.longest >= LONG;
    const numeric = ["integer", "number"].includes(field.type);
    const input = el(long ? "textarea" : "input", {
      id,
      rows: long ? "1" : undefined,
      type: long ? undefined : "text",
      inputmode: numeric ? "decimal" : undefined,
      maxlength: field.longest || undefined,
      dir: "auto",
      autocomplete: "off",
      spellcheck: long ? "true" : "false",
      readonly: this.readOnly || field.fixed,
      "aria-describedby": `${id}-below`,
    });
    const take = () => this.desk.edit(this.entry, field.name, input.value.trim(), false);
    const leave = () => {
      if (this.readOnly || field.fixed || !this.entry) return;
      input.value = this.desk.values.typed(field, input.value);
      this.desk.edit(this.entry, field.name, input.value, true);
    };
    input.addEventListener("input", take);
    input.addEventListener("change", leave);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.ctrlKey && !event.altKey && !event.metaKey && !(long && event.shiftKey)) {
        leave();
        // In a dialog it also says that one is done.
        if (long || !input.form) event.preventDefault();
        if (long) input.form?.requestSubmit();
      }
    });
    const set = (value, usual) => {
      input.placeholder = usual;
      // A blank at the end is not saved, but somebody may be about to type the next word.
      if (document.activeElement === input ? input.value.trim() !== value : input.value !== value) input.value = value;
    };
    return { element: input, input, set };
  }

  _below(widget, entry, findings, bare, value) {
    const { field } = widget;
    const parts = [];
    if (field.type === "date" && weekday(value)) parts.push(el("small", {}, weekday(value)));
    if (value && field.evidence && this.desk.quotes.canHave(entry.table)) {
      // What the words for everything else carry needs no mark: it is the usual case.
      const carrying = this.desk.quotes.carrying(entry, field.name).filter((quote) => !this.desk.quotes.isRest(quote));
      parts.push(...carrying.map((quote) => this._quote(quote, field)));
      if (bare) parts.push(el("small", { class: "bare" }, "no words yet"));
    }
    const wrong = findings.filter((finding) => finding.kind === "wrong");
    widget.input.setAttribute("aria-invalid", String(wrong.some((finding) => finding.severity === "error")));
    parts.push(...wrong.map((finding) => el("p", { class: `finding ${finding.severity}` }, finding.text)));
    const text = JSON.stringify(parts.map((part) => part.outerHTML));
    if (text === widget.drawn) return;
    widget.drawn = text;
    fill(widget.below, ...parts);
  }

  _quote(quote, field) {
    const words = quote.cells[this.desk.quotes.names.words] ?? "";
    const look = el("button", { type: "button", class: "words", tabindex: "-1", dir: "auto", title: "Show in the text" }, words);
    look.addEventListener("click", () => this.desk.lookAt(quote.id));
    const drop = el("button", { type: "button", class: "plain", tabindex: "-1", "aria-label": `Take these words from ${field.title}` }, "×");
    drop.addEventListener("click", () => this.desk.drop(quote.id, field.name));
    return el("span", { class: "quote", "data-quote": quote.id }, look, this.readOnly ? null : drop);
  }
}
