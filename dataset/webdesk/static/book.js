/** The codebook as the server describes it: which table, field and code is which. Nothing is named here. */

export class Book {
  constructor(described) {
    Object.assign(this, described);
    this.byName = new Map(this.tables.map((table) => [table.name, table]));
    for (const table of this.tables) {
      table.byName = new Map(table.fields.map((field) => [field.name, field]));
    }
    this.units = this.tables.filter((table) => table.unit);
    this.shared = this.tables.filter((table) => table.shared);
    this.documents = this.tables.find((table) => table.isDocuments);
    this.labels = new Map(Object.entries(this.codes).map(([list, codes]) => [list, new Map(codes.map((code) => [code.code, code]))]));
    this.letters = letters(this.units.map((table) => table.row[0]));
  }

  table(name) {
    return this.byName.get(name);
  }

  field(table, name) {
    return this.byName.get(table)?.byName.get(name);
  }

  /** Return the value that names a row of a table, or "". */
  keyOf(table, cells) {
    const key = this.table(table)?.key ?? [];
    return key.length && key.every((name) => cells[name]) ? key.map((name) => cells[name]).join(" ") : "";
  }

  code(list, code) {
    return this.labels.get(list)?.get(code);
  }

  /** Return the fields of a table that people fill in by hand: neither the row's id nor its document. */
  typed(table) {
    const hidden = new Set([...table.key, table.document]);
    return table.fields.filter((field) => !hidden.has(field.name));
  }

  /** Return the table of units that a unit belongs to, by the field that points to it. */
  linked(table) {
    return table.link ? this.table(table.byName.get(table.link)?.target) : undefined;
  }

  /** Return a list of values in a cell. */
  parts(field, text) {
    if (!text) return [];
    if (!field?.separator) return [text];
    return text.split(field.separator.trim()).map((part) => part.trim()).filter(Boolean);
  }

  /** Return the key that starts a row of a table of units, with Alt or alone. */
  letter(table) {
    return this.letters[this.units.indexOf(table)];
  }
}

const TAKEN = "abfgklmoprtuw";

/** Return a letter of its own for each word: its first that no other command has. */
function letters(words) {
  const used = new Set(TAKEN);
  return words.map((word) => {
    const free = [...word.toLowerCase(), ..."nijdvceshqxyz"].find((letter) => /[a-z]/.test(letter) && !used.has(letter)) ?? "";
    used.add(free);
    return free;
  });
}
