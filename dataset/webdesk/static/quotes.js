/** Quotes and what they carry: which values of a row have words, and the edits that give or take words. */

export class Quotes {
  /** `book`, `rows`; `text` is the document's text, `document` its id. */
  constructor(book, rows, text) {
    this.book = book;
    this.rows = rows;
    this.text = text;
    this.names = book.quotes;
    this.table = this.names ? book.table(this.names.table) : null;
    this.spans = new WeakMap();
  }

  /** All quotes of the document. */
  all() {
    return this.names ? this.rows.all(this.names.table) : [];
  }

  /** Return the column with the ids of rows like this, or undefined: the document's own row has none. */
  owner(table) {
    return this.names?.owners.find((owner) => owner.table === table);
  }

  /** Return whether rows of a table can have quotes. */
  canHave(table) {
    return Boolean(this.names && (this.owner(table) || this.book.table(table)?.isDocuments));
  }

  ids(quote, owner) {
    return parts(quote.cells[owner.column], owner.separator);
  }

  variables(quote) {
    return parts(quote.cells[this.names.variables], this.names.separator);
  }

  /** Return whether a quote carries all values that no other quote carries. */
  isRest(quote) {
    return Boolean(this.names.separator) && !quote.cells[this.names.variables] && !quote.cells[this.names.because];
  }

  /** Return the quotes of a row. */
  of(entry) {
    if (!this.canHave(entry.table)) return [];
    const owner = this.owner(entry.table);
    const key = owner ? `${owner.table} ${entry.cells[owner.target]}` : "";
    return this._byOwner().get(key) ?? [];
  }

  /** Return the quotes by the table and the id of what they are about; found again when quotes change. */
  _byOwner() {
    const all = this.all();
    if (this.indexed === all) return this.index;
    this.indexed = all;
    this.index = new Map();
    for (const quote of all) {
      const keys = this.names.owners.flatMap((owner) => this.ids(quote, owner).map((id) => `${owner.table} ${id}`));
      for (const key of keys.length ? new Set(keys) : [""]) {
        if (!this.index.has(key)) this.index.set(key, []);
        this.index.get(key).push(quote);
      }
    }
    return this.index;
  }

  /** Return the quotes that carry a value of a row. */
  carrying(entry, variable) {
    const own = this.of(entry);
    const named = own.filter((quote) => this.variables(quote).includes(variable));
    return named.length ? named : own.filter((quote) => this.isRest(quote));
  }

  /** Return the fields of a row that have a value and no words that carry it. */
  lacking(entry) {
    if (!this.canHave(entry.table)) return [];
    const own = this.of(entry);
    if (own.some((quote) => this.isRest(quote))) return [];
    const carried = new Set(own.flatMap((quote) => this.variables(quote)));
    return this.book.table(entry.table).fields.filter((field) => field.evidence && entry.cells[field.name] && !carried.has(field.name));
  }

  /** Return where a quote is in the text; null if its words are not there. */
  span(quote) {
    const known = this.spans.get(quote);
    if (known?.text === this.text.points) return known.span;
    const span = this._span(quote);
    this.spans.set(quote, { text: this.text.points, span });
    return span;
  }

  _span(quote) {
    const names = this.names;
    const words = quote.cells[names.words] ?? "";
    const start = Number(quote.cells[names.start] ?? NaN);
    const end = Number(quote.cells[names.end] ?? NaN);
    const span = Number.isInteger(start) && Number.isInteger(end) ? this.text.between(start, end) : null;
    if (span?.words === words) return span;
    const paragraph = Number(quote.cells[names.paragraph]);
    const found = this.text.find(words).filter((one) => one.words === words);
    const near = found.filter((one) => one.paragraph === paragraph);
    return near.length === 1 ? near[0] : found.length === 1 ? found[0] : null;
  }

  /** Return the quotes whose words a place of the text is within. */
  at(point) {
    return this.all().filter((quote) => {
      const span = this.span(quote);
      return span && span.start <= point && point < span.end;
    });
  }

  /** Return the cells that say which words a quote has. */
  place(span) {
    const { document, words, paragraph, start, end } = this.names;
    const cells = { [words]: span.words, [paragraph]: `${span.paragraph}`, [start]: `${span.start}`, [end]: `${span.end}` };
    delete cells[""];
    if (document) cells[document] = this.document;
    return cells;
  }

  /**
   * Return the edits by which words carry variables of a row; no variables: everything that no other
   * quote carries. `cells` is the row as it will be, `more` has basis and reason.
   */
  attaching(span, table, cells, variables, more = {}) {
    const { names } = this;
    const owner = this.owner(table);
    const base = { ...this.place(span), ...more };
    if (owner) base[owner.column] = cells[owner.target];
    if (!names.separator) return this._new(variables.map((variable) => ({ ...base, [names.variables]: variable })));
    if (!variables.length) return this._new([base]);
    const there = this.all().find((quote) => !this.isRest(quote) && sameBut(quote.cells, base, names.variables));
    if (!there) return this._new([{ ...base, [names.variables]: variables.join(names.separator) }]);
    const all = [...new Set([...this.variables(there), ...variables])];
    return [this.rows.setting(there, { [names.variables]: all.join(names.separator) })];
  }

  /** A quote that is there already is not added again. */
  _new(rows) {
    const wanted = rows.filter((row) => !this.all().some((quote) => sameBut(quote.cells, row, "")));
    return wanted.map((row) => this.rows.adding(this.names.table, row));
  }

  /** Return the edits by which a quote no longer carries a variable; without any it goes. */
  detaching(quote, variable) {
    const left = this.variables(quote).filter((name) => name !== variable);
    if (!left.length) return [this.rows.removing(quote)];
    return [this.rows.setting(quote, { [this.names.variables]: left.join(this.names.separator) })];
  }

  /** Return the edits by which each variable of a quote gets a row of its own, to be changed alone. */
  splitting(quote) {
    const [first, ...others] = this.variables(quote);
    if (!others.length) return [];
    const alone = others.map((variable) => this.rows.adding(this.names.table, { ...quote.cells, [this.names.variables]: variable }));
    return [this.rows.setting(quote, { [this.names.variables]: first }), ...alone];
  }

  /** Return the edits that take a row out of its quotes; those that are about nothing else go. */
  leaving(entry) {
    const owner = this.owner(entry.table);
    if (!owner) return [];
    const id = entry.cells[owner.target];
    return this.of(entry).map((quote) => {
      const others = this.names.owners.some((one) => this.ids(quote, one).some((other) => !(one === owner && other === id)));
      if (!others) return this.rows.removing(quote);
      const left = this.ids(quote, owner).filter((other) => other !== id);
      return this.rows.setting(quote, { [owner.column]: left.join(owner.separator) });
    });
  }
}

function parts(text, separator) {
  if (!text) return [];
  if (!separator) return [text];
  return text.split(separator.trim()).map((part) => part.trim()).filter(Boolean);
}

/** Return whether two rows are the same, one column aside. */
function sameBut(one, other, aside) {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  names.delete(aside);
  return [...names].every((name) => (one[name] ?? "") === (other[name] ?? ""));
}
