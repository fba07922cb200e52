/** New rows: their ids, what is asked for them, and the dialog in which a shared row is made. */

import { ServerError } from "./api.js";
import { Combobox } from "./combobox.js";
import { ask, say } from "./dialogs.js";
import { el, fill, freshId } from "./dom.js";
import { Form } from "./form.js";

/** `desk` has the rows, the book and the server; what ids were made of is remembered for the next ones. */
export class Starting {
  constructor(desk) {
    this.desk = desk;
    this.ofIds = new Map();
  }

  /** Return a new row with its id, or null; asks for what the id is made of, if that is not known. */
  async start(table, values, fields = {}) {
    const document = this.desk.document.id;
    await this.desk.keeping.flush();
    try {
      const { row } = await this.desk.server.post("start", { table: table.name, document, values, fields });
      return this._isUsed(table, row) ? this._nextId(table, values) : row;
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      if (error.status === 0) return this._nextId(table, values) ?? this._cannot(`A new ${table.row[0]} gets its id from the server, which does not answer.`);
      if (!error.answer.fields?.length && table.shared && !values[table.key[0]]) return this._startWithKey(table, values, error);
      if (!error.answer.fields?.length || Object.keys(fields).length) return this._cannot(error.message);
      const known = error.answer.fields.map((name) => [name, table.idFields.find((field) => field.name === name) ?? table.byName.get(name) ?? { title: name }]);
      const asked = await this._askFields(table, known, "The id is made of this, once for each document.");
      for (const { name, codes } of table.idFields) if (codes && asked?.[name]) this.ofIds.set(codes, asked[name]);
      return asked ? this.start(table, values, asked) : null;
    }
  }

  _isUsed(table, row) {
    const key = this.desk.book.keyOf(table.name, row);
    return Boolean(key) && this.desk.rows.all(table.name).some((entry) => this.desk.book.keyOf(entry.table, entry.cells) === key);
  }

  _cannot(message) {
    say(message, { kind: "wrong" });
    return null;
  }

  /** Return a row with the number after the highest one; null if there is none to count on from. */
  _nextId(table, values) {
    const [key] = table.key;
    const ids = this.desk.rows.all(table.name).map((entry) => /^(.*?)(\d+)$/.exec(entry.cells[key] ?? "")).filter(Boolean);
    const last = ids.sort((a, b) => Number(b[2]) - Number(a[2]))[0];
    if (!last) return null;
    const id = last[1] + String(Number(last[2]) + 1).padStart(last[2].length, "0");
    return { ...(table.document ? { [table.document]: this.desk.document.id } : {}), ...values, [key]: id };
  }

  /** Where no id can be made of a name, or another row has it, somebody gives one. */
  async _startWithKey(table, values, error) {
    const [key] = table.key;
    const message = error.message.replace(/^--/, "");
    const asked = await this._askFields(table, [[key, table.byName.get(key)]], message);
    return asked ? this.start(table, { ...values, ...asked }) : null;
  }

  /** Ask for the values of some fields, [name, field]; null if it is given up. */
  async _askFields(table, fields, message) {
    const given = {};
    const inputs = fields.map(([name, field]) => this._asked(name, field, given));
    const answer = await ask({
      title: `New ${table.row[0]}`,
      content: [el("p", { class: "soft" }, message), ...inputs.map(({ element }) => element)],
      buttons: [{ label: "Cancel", value: "" }, { label: "Go on", value: "go", main: true }],
      check: () => {
        for (const { take } of inputs) take();
        const lacks = inputs.find(({ name }) => !given[name]);
        lacks?.input.focus();
        return !lacks;
      },
    });
    return answer ? given : null;
  }

  _asked(name, field, given) {
    const id = freshId("asked");
    if (!field.codes) {
      const input = el("input", { id, type: "text", autocomplete: "off" });
      return { name, input, take: () => { given[name] = input.value.trim(); }, element: el("label", { class: "stack", for: id }, el("span", {}, field.title), input) };
    }
    const combobox = new Combobox({
      id,
      choices: () => this.desk.values.choices(field, {}),
      commit: (value) => { given[name] = value; },
    });
    const take = () => combobox._take();
    return { name, input: combobox.input, take, element: el("label", { class: "stack", for: id }, el("span", {}, field.title), combobox.element) };
  }

  /** Make a shared row with a name; resolves to its id, or "". */
  async create(name, text) {
    const table = this.desk.book.table(name);
    const usual = this._usual(table);
    const row = await this.start(table, { ...usual, ...(table.label ? { [table.label]: text } : {}) });
    if (!row) return "";
    const adding = this.desk.rows.adding(name, row);
    this.desk.change(`new ${table.row[0]}`, [adding]);
    const host = el("div", { class: "form" });
    const form = new Form(host, this.desk);
    const places = el("div", { class: "places" });
    const help = el("p", { class: "dialog-help" });
    host.addEventListener("focusin", ({ target }) => {
      const field = table.byName.get(target.closest("[data-field]")?.dataset.field);
      if (field) fill(help, el("strong", {}, field.title), " ", field.help);
    });
    const refresh = () => form.refresh();
    this.desk.view.alsoDraw.add(refresh);
    const look = this._places(table, adding.id, places);
    form.show(this.desk.rows.get(adding.id));
    const answered = ask({ title: `New ${table.row[0]}: ${text}`, content: [host, places, help], buttons: [{ label: "Cancel", value: "" }, { label: "Done", value: "done", main: true }] });
    form.focusFirst();
    host.closest("dialog").addEventListener("keydown", (event) => {
      if (!look || !event.altKey || event.code !== "KeyL") return;
      event.preventDefault();
      document.activeElement.blur();
      look();
    });
    const answer = await answered;
    this.desk.view.alsoDraw.delete(refresh);
    form.end();
    const made = this.desk.rows.get(adding.id);
    if (answer) return made ? made.cells[table.key[0]] : "";
    if (made) this.desk.change(`no new ${table.row[0]}`, [this.desk.rows.removing(made)]);
    return "";
  }

  /**
   * Return what a new shared row usually has: free text that it needs is that of the last one made
   * here, and what ids are made of, such as a country, is that of the last one or of the document's ids.
   */
  _usual(table) {
    const last = this.desk.rows.all(table.name).at(-1)?.cells ?? {};
    const ofIds = new Set(this.desk.book.units.flatMap((unit) => unit.idFields.map((field) => field.codes)).filter(Boolean));
    const values = {};
    for (const field of table.fields) {
      if (field.name === table.label || table.key.includes(field.name)) continue;
      const text = field.required && field.type === "string" && !field.codes && !field.target;
      const value = text ? last[field.name] : ofIds.has(field.codes) ? (this.ofIds.get(field.codes) ?? last[field.name]) : "";
      if (value) values[field.name] = value;
    }
    return values;
  }

  /** Draw the button that looks a place up in the gazetteer, and what it finds, to be chosen; returns what it does. */
  _places(table, id, host) {
    if (!table.place) return null;
    const take = (values) => {
      const there = this.desk.rows.get(id);
      if (there) this.desk.change("from the gazetteer", [this.desk.rows.setting(there, values)]);
      host.closest("dialog").querySelector("button.main").focus();
    };
    const found = el("div", { class: "places" });
    const look = async () => {
      fill(found, el("p", { class: "soft" }, "Looking it up …"));
      try {
        const { candidates, note } = await this.desk.server.post("places", { table: table.name, values: this.desk.rows.get(id)?.cells ?? {} });
        fill(found,
          note ? el("p", { class: "soft" }, note) : null,
          candidates.length ? null : el("p", { class: "soft" }, "The gazetteer has nothing of that name."),
          candidates.map((one) => el("button", { type: "button", on: { click: () => take(one.values) } }, one.title, " ", el("small", {}, one.detail))));
        found.querySelector("button")?.focus();
      } catch (error) {
        fill(found, el("p", { class: "finding warning" }, error.message));
      }
    };
    fill(host, el("button", { type: "button", on: { click: look } }, "Look it up in the gazetteer", el("kbd", { "aria-hidden": "true" }, "Alt+L")), found);
    return look;
  }
}
