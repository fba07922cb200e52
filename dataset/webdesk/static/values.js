/** The values of a field: what can be chosen, how it is shown, what typed text means. */

import { plain } from "./combobox.js";
import { dayIn, numberIn } from "./words.js";

const SHORTEST = 4;
const YES_NO = [
  { value: "true", label: "true" },
  { value: "false", label: "false" },
];

export class Values {
  constructor(book, rows) {
    this.book = book;
    this.rows = rows;
  }

  /** Return whether a field has a list to choose from. */
  hasList(field) {
    return Boolean(field.codes || field.target || field.type === "boolean");
  }

  /** Return what can be chosen for a field of a row. */
  choices(field, cells) {
    if (field.codes) return this._codes(field, cells);
    if (field.target) return this._rows(field);
    return YES_NO;
  }

  _codes(field, cells) {
    const parent = field.parent && cells[field.parent];
    const codes = this.book.codes[field.codes] ?? [];
    const fitting = parent ? codes.filter((code) => code.attributes[field.parent] === parent) : codes;
    return fitting.map((code) => ({
      value: code.code,
      label: code.label || code.code,
      detail: code.definition,
      more: [code.include && `Also: ${code.include}`, code.exclude && `Not: ${code.exclude}`].filter(Boolean).join(" "),
      old: Boolean(code.deprecated),
    }));
  }

  _rows(field) {
    const table = this.book.table(field.target);
    if (!table) return [];
    return this.rows.all(field.target).filter((entry) => entry.cells[field.targetColumn]).map((entry) => ({
      value: entry.cells[field.targetColumn],
      label: this.nameOf(entry),
      names: table.shared ? this._namesOf(table, entry) : [],
    }));
  }

  /** Return the one row whose name is among words; "" if none or several are. */
  _named(field, words, cells) {
    const text = ` ${plain(words).replace(/[^\p{L}\p{N}]+/gu, " ")} `;
    const named = ({ label, names }) => [label, ...(names ?? [])].some((name) => {
      const asked = plain(name).replace(/[^\p{L}\p{N}]+/gu, " ").trim();
      return asked.length >= SHORTEST && text.includes(` ${asked} `);
    });
    const found = this.choices(field, cells).filter(named);
    return found.length === 1 ? found[0].value : "";
  }

  /** Return the texts by which a shared row may be called. */
  _namesOf(table, entry) {
    return table.fields
      .filter((field) => field.type === "string" && !field.codes && !field.target && !field.longest)
      .flatMap((field) => this.book.parts(field, entry.cells[field.name]));
  }

  /** Return what a row is called: the name of a shared row, or the id and the caption of another. */
  nameOf(entry) {
    const table = this.book.table(entry.table);
    if (table.label && entry.cells[table.label]) return entry.cells[table.label];
    const key = this.book.keyOf(entry.table, entry.cells);
    const caption = this.captionOf(entry);
    return [key, caption].filter(Boolean).join(" ") || table.row[0];
  }

  /** Return the caption of a row without its id. */
  captionOf(entry) {
    const table = this.book.table(entry.table);
    return table.caption
      .filter((name) => !table.key.includes(name) && entry.cells[name])
      .map((name) => this.shown(table.byName.get(name), entry.cells[name]))
      .join(" ");
  }

  /** Return a value as people read it: the label of a code, the name of a row. */
  shown(field, value) {
    if (!field) return value;
    return this.book.parts(field, value).map((part) => this._label(field, part)).join(", ");
  }

  _label(field, value) {
    if (field.codes) return this.book.code(field.codes, value)?.label || value;
    const table = field.target && this.book.table(field.target);
    if (table?.shared) {
      const entry = this.rows.all(field.target).find((one) => one.cells[field.targetColumn] === value);
      return entry ? this.nameOf(entry) : value;
    }
    return value;
  }

  /** Return the year of the document, from the first day that its own row has. */
  get year() {
    const table = this.book.documents;
    const own = table && this.rows.all(table.name)[0];
    const day = own && table.fields.find((field) => field.type === "date" && own.cells[field.name]);
    return day ? Number(own.cells[day.name].slice(0, 4)) || null : null;
  }

  /** Return what somebody typed into a field as the cell should have it. */
  typed(field, text) {
    const trimmed = text.trim();
    if (field.type === "date" && trimmed) return dayIn(trimmed, this.year) ?? trimmed;
    return trimmed;
  }

  /** Return the value of a field that words of the document say; "" if that is not certain. */
  said(field, words, cells) {
    if (field.wordsFor) return words;
    if (field.type === "date") return dayIn(words, this.year) ?? "";
    if (this.hasList(field)) {
      const asked = plain(words.trim());
      const found = this.choices(field, cells).filter((choice) => [choice.label, choice.value, ...(choice.names ?? [])].some((name) => plain(name) === asked));
      if (found.length === 1) return found[0].value;
      return field.target && !found.length ? this._named(field, words, cells) : "";
    }
    if (field.type === "integer" || field.type === "number") return numberIn(words)?.toString() ?? "";
    return field.type === "string" && field.evidence ? words : "";
  }
}
