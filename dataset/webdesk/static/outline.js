/** The list of what is coded in the document, each with what it lacks, and of what all documents share. */

import { counted } from "./checks.js";
import { el, fill } from "./dom.js";

const ORDER = new Intl.Collator(undefined, { numeric: true });

/** `desk`: book, rows, values, quotes, `findings(entry)`, `entry()`, `open(entry)`, `begin(table)`, `letter(table)`. */
export class Outline {
  constructor(host, desk) {
    this.host = host;
    this.desk = desk;
    this.items = new Map();
    this.sorted = new Map();
    host.addEventListener("keydown", (event) => this._key(event));
  }

  /** Return the rows of units in the order of the list: each followed by those that belong to it. */
  order() {
    const { book } = this.desk;
    const placed = [];
    const seen = new Set();
    const add = (entry, depth) => {
      if (seen.has(entry.id)) return;
      seen.add(entry.id);
      placed.push({ entry, depth });
      for (const table of book.units) {
        if (book.linked(table)?.name !== entry.table) continue;
        const id = entry.cells[table.byName.get(table.link).targetColumn];
        for (const other of this._sorted(table)) if (id && other.cells[table.link] === id) add(other, depth + 1);
      }
    };
    for (const table of book.units.filter((unit) => !book.linked(unit))) for (const entry of this._sorted(table)) add(entry, 0);
    for (const table of book.units) for (const entry of this._sorted(table)) add(entry, 0);
    return placed;
  }

  /** Return the rows of a table in the order of their ids, or as the list calls them: on disk a changed row moves. */
  _sorted(table) {
    const { book, rows } = this.desk;
    const all = rows.all(table.name);
    const known = this.sorted.get(table.name);
    if (known?.all === all) return known.sorted;
    const named = all.map((entry) => ({ entry, name: (table.unit && book.keyOf(table.name, entry.cells)) || this._nameInGroup(entry, table) }));
    const sorted = named.sort((a, b) => ORDER.compare(a.name, b.name)).map(({ entry }) => entry);
    this.sorted.set(table.name, { all, sorted });
    return sorted;
  }

  /** Draw what has changed in the list: an item that shows the same is left as it is. */
  draw() {
    const { book, rows, passages } = this.desk;
    const own = book.documents ? rows.all(book.documents.name)[0] : null;
    const units = this.order().map(({ entry, depth }) => this._item(entry, depth));
    if (!this.parts) this._build();
    const { list, itself, starts, groups } = this.parts;
    for (const button of starts) button.disabled = this.desk.readOnly();
    show(list, units.length ? units : [this.nothing]);
    show(itself, own ? [this._item(own, 0, "The document itself")] : []);
    for (const { table, title, badge, items } of groups) {
      const entries = this._sorted(table);
      const open = entries.filter((entry) => { const n = counted(this.desk.findings(entry)); return n.wrong + n.lacking; }).length;
      title.textContent = `${table.title} (${entries.length})`;
      badge.textContent = open ? `${open} to look at` : "";
      show(items, entries.map((entry) => this._item(entry, 0, this._nameInGroup(entry, table))));
    }
    this._forget();
    this._showCurrent();
  }

  /** Make the parts of the list that are always there. */
  _build() {
    const { book, passages } = this.desk;
    this.nothing = el("li", { class: "nothing" }, "Nothing is coded yet. Select words, or start a row.");
    const starts = book.units.map((table) => this._start(table));
    const list = el("ul", { class: "units" });
    const itself = el("ul", { class: "units" });
    const tables = [passages && book.table(passages.table), ...book.shared].filter(Boolean);
    const groups = tables.map((table) => ({ table, title: el("span"), badge: el("span", { class: "badge lacking" }), items: el("ul", { class: "units" }) }));
    this.parts = { starts, list, itself, groups };
    fill(this.host,
      el("h2", {}, book.units.map((table) => table.title).join(" and ")),
      el("div", { class: "starts" }, starts), list, itself,
      groups.map(({ title, badge, items }) => el("details", {}, el("summary", {}, title, badge), items)));
  }

  /** Forget the items of rows that are gone. */
  _forget() {
    for (const id of this.items.keys()) if (!this.desk.rows.get(id)) this.items.delete(id);
  }

  /** Bring the row in hand into view, once it is another one. */
  _showCurrent() {
    const current = this.host.querySelector("[aria-current]");
    if (current?.dataset.id === this.current) return;
    this.current = current?.dataset.id;
    if (this.host.scrollHeight > this.host.clientHeight) current?.scrollIntoView({ block: "nearest" });
  }

  _start(table) {
    const button = el("button", { type: "button", "data-begin": table.name }, `New ${table.row[0]}`, el("kbd", { "aria-hidden": "true" }, `Alt+${this.desk.book.letter(table).toUpperCase()}`));
    button.addEventListener("click", () => this.desk.begin(table.name));
    return button;
  }

  /** Return the item of a row: the one that is there, if it would look the same. */
  _item(entry, depth, name = "") {
    const { values, book } = this.desk;
    const table = book.table(entry.table);
    const { wrong, lacking } = counted(this.desk.findings(entry));
    const shown = {
      id: entry.id,
      depth,
      current: this.desk.entry()?.id === entry.id,
      key: table.unit ? book.keyOf(entry.table, entry.cells) : "",
      caption: name || values.captionOf(entry) || this._empty(table),
      second: this._second(entry, table),
      state: this.desk.checked() ? { wrong, lacking } : null,
    };
    const look = JSON.stringify(shown);
    const known = this.items.get(entry.id);
    if (known?.look === look) return known.item;
    const item = known?.item ?? this._newItem(entry.id);
    this._drawItem(item.firstChild, shown);
    this.items.set(entry.id, { look, item });
    return item;
  }

  _newItem(id) {
    const button = el("button", { type: "button", "data-id": id, class: "unit" });
    button.addEventListener("click", () => this.desk.open(this.desk.rows.get(id)));
    return el("li", {}, button);
  }

  _drawItem(button, { depth, current, key, caption, second, state }) {
    button.dataset.depth = depth;
    button.toggleAttribute("aria-current", false);
    if (current) button.setAttribute("aria-current", "true");
    fill(button,
      el("span", { class: "line" }, key ? el("span", { class: "id", title: key }, lastOf(key)) : null, el("span", { class: "name" }, caption), this._state(state)),
      second.length ? el("span", { class: "second" }, second.flatMap((part, n) => [n ? " · " : "", el("bdi", {}, part)])) : null);
  }

  _empty(table) {
    return table.unit ? `(${table.row[0]})` : table.row[0];
  }

  /** Return what tells rows apart: their first values besides the caption. */
  _second(entry, table) {
    const { values } = this.desk;
    if (table.isDocuments) return this._days(entry, table);
    const aside = new Set([...table.key, ...table.caption, table.link, table.document, table.label]);
    const [asked, others] = [new Set([...table.first, ...table.featured]), (field) => field.target || field.type === "date"];
    const telling = table.fields.filter((field) => entry.cells[field.name] && !aside.has(field.name) && (asked.has(field.name) || others(field)));
    return telling
      .filter((field) => !["integer", "number", "boolean"].includes(field.type) || field.codes)
      .sort((a, b) => Number(b.type === "date") - Number(a.type === "date"))
      .slice(0, 3)
      .map((field) => values.shown(field, entry.cells[field.name]));
  }

  _days(entry, table) {
    const days = table.fields.filter((field) => field.type === "date" && entry.cells[field.name]).map((field) => entry.cells[field.name]);
    return [...new Set(days)].slice(0, 2);
  }

  _state(state) {
    if (!state) return el("span", { class: "badge" }, "…");
    const { wrong, lacking } = state;
    if (!wrong && !lacking) return el("span", { class: "badge good", title: "nothing is wrong, nothing lacking" }, "✓", el("span", { class: "unseen" }, "complete"));
    return el("span", { class: "badges" },
      wrong ? el("span", { class: "badge wrong" }, `${wrong} wrong`) : null,
      lacking ? el("span", { class: "badge lacking" }, `${lacking} lacking`) : null);
  }

  _nameInGroup(entry, table) {
    const { passages } = this.desk;
    if (table.name !== passages?.table) return this.desk.values.nameOf(entry);
    const words = passages.words && entry.cells[passages.words];
    return `Paragraph ${entry.cells[passages.paragraph] ?? "?"}${words ? `: ${words}` : ""}`;
  }

  _key(event) {
    if (!["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) || event.altKey || event.ctrlKey) return;
    const items = [...this.host.querySelectorAll("button.unit, summary, .starts button")].filter((one) => one.checkVisibility());
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (!items[to]) return;
    event.preventDefault();
    items[to].focus();
  }
}

/** Put items into a list; those that are there already in this order are not touched. */
function show(list, items) {
  const same = list.childElementCount === items.length && items.every((item, n) => list.children[n] === item);
  if (same) return;
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  list.replaceChildren(...items);
  if (focused?.isConnected) focused.focus({ preventScroll: true });
}

/** Return the part of an id in which the rows of a document differ. */
function lastOf(id) {
  return id.split("-").at(-1);
}
