/** The coder's desk: the document and the row in hand, and everything that can be done with them. */

import { stretched } from "./caret.js";
import { Checks, counted } from "./checks.js";
import { say, speak } from "./dialogs.js";
import { Keeping } from "./keeping.js";
import { Quotes } from "./quotes.js";
import { Rows } from "./rows.js";
import { Starting } from "./starting.js";
import { Values } from "./values.js";

const LONGEST_NAME = 60;

/** `view` draws: `draw()`, `drawDocument()`, `state(state, message)`, `lit()`; the desk knows nothing of the page. */
export class Desk {
  constructor({ server, book, text, view }) {
    this.server = server;
    this.book = book;
    this.text = text;
    this.view = view;
    this.rows = new Rows({ keyOf: (table, cells) => book.keyOf(table, cells), onChange: (tables) => this._changed(tables) });
    this.values = new Values(book, this.rows);
    this.quotes = new Quotes(book, this.rows, text);
    this.passages = book.passages;
    this.checks = new Checks({ server, rows: this.rows, onAnswer: () => view.draw() });
    this.document = null;
    this.row = null;
    this.name = "";
    this.span = null;
    this.edits = 0;
    this.amending = false;
    this.urgent = false;
    this.keeping = new Keeping(this);
    this.starting = new Starting(this);
  }

  // What is before the coder.

  /** Open a document; `row` is what is taken in hand: {table, key}. */
  async openDocument(name, row = null) {
    await this.keeping.flush();
    const content = await this.server.get(`document/${encodeURIComponent(name)}`);
    this.rows.clear();
    this.checks.clear();
    this.amending = false;
    this.take(content);
    this.text.show(content);
    this.view.drawDocument();
    this.open(this._find(row) ?? this._firstUnit());
    this.checks.ask(name);
  }

  /** Take a document as it is on disk. */
  take(content) {
    this.document = content;
    this.quotes.document = content.id;
    this.keeping.revision = content.revision;
    this.rows.load(content.tables);
  }

  _find(row) {
    if (!row?.table) return null;
    return this.rows.all(row.table).find((entry) => this.book.keyOf(entry.table, entry.cells) === row.key) ?? null;
  }

  _firstUnit() {
    for (const table of this.book.units) if (this.rows.all(table.name)[0]) return this.rows.all(table.name)[0];
    return null;
  }

  entry() {
    return this.row ? this.rows.get(this.row) : null;
  }

  /** Take a row in hand. */
  open(entry) {
    if (this.row !== (entry?.id ?? null)) this.name = "";
    this.row = entry?.id ?? null;
    this.view.opened();
    this.view.draw();
  }

  /** Stay at the row in hand, or go to the first one if that is gone. */
  stay() {
    if (this.row && !this.entry()) this.open(this._firstUnit());
  }

  /** Remember the field in hand. */
  focused(entry, name) {
    if (entry?.id !== this.row) return;
    this.name = name;
    this.view.lit();
  }

  field() {
    return this.name;
  }

  readOnly() {
    return Boolean(this.document?.filed) && !this.amending;
  }

  nameOf(entry) {
    const table = this.book.table(entry.table);
    if (table.isDocuments) return "the document itself";
    return `${table.row[0]} ${this.values.nameOf(entry)}`;
  }

  // What is known of rows.

  needs(entry) {
    return this.checks.needsOf(entry, this.book.table(entry.table));
  }

  complete(entry) {
    return this.checks.complete.get(entry.id) ?? {};
  }

  ownFindings(entry) {
    return this.checks.of(entry);
  }

  /** Return the findings of a row and of its quotes. */
  findings(entry) {
    return [entry, ...this.quotes.of(entry)].flatMap((one) => this.checks.of(one));
  }

  checked() {
    return this.checks.done;
  }

  counted(entry) {
    return counted(this.findings(entry));
  }

  // Changes.

  /** Put text into a cell; `now`: it is complete, and need not wait for more keystrokes. */
  edit(entry, name, text, now) {
    if (!entry || this.readOnly()) return;
    const there = this.rows.get(entry.id);
    if (!there) return;
    this.urgent = now;
    const title = this.book.field(entry.table, name).title;
    this.rows.change(title, [this.rows.setting(there, { [name]: text })], `${entry.id} ${name}`);
    if (now) this.keeping.flush();
    this.urgent = false;
  }

  change(title, edits) {
    if (this.readOnly()) {
      say(this.document.may_amend ? "This document is filed; press Amend to change it." : "This document is filed.", {});
      return false;
    }
    this.urgent = true;
    const done = this.rows.change(title, edits);
    this.urgent = false;
    return done;
  }

  _changed(tables) {
    this.edits += 1;
    this.keeping.put({ document: this.document.id, tables }, this.urgent);
    this.checks.ask(this.document.id);
    this.view.draw();
  }

  undo() {
    this._step(this.rows.undo(), "Undone");
  }

  redo() {
    this._step(this.rows.redo(), "Done again");
  }

  _step(step, done) {
    if (!step) return;
    if (step.failed) {
      say(`${step.title}: was changed elsewhere since, and is left as it is.`, { kind: "wrong" });
      return;
    }
    this.keeping.flush();
    const shown = step.edits.map((edit) => this.rows.get(edit.id)).find((entry) => entry && entry.table !== this.quotes.names?.table);
    if (shown && shown.id !== this.row && this.book.table(shown.table).unit) this.open(shown);
    else if (!this.entry()) this.open(this._firstUnit());
    speak(`${done}: ${step.title}`);
    this.view.draw();
  }

  /** Make a row that all documents share; resolves to its id, or "". */
  create(name, text) {
    return this.starting.create(name, text);
  }

  /** Start a row of a table; `span`: with words that carry everything else of it. */
  async begin(name, span = this.span) {
    if (this.readOnly()) {
      this.change("", []);
      return;
    }
    const table = this.book.table(name);
    const values = this._linked(table);
    const row = await this.starting.start(table, values);
    if (!row) return;
    const edits = [this.rows.adding(name, row)];
    const rest = span && this.quotes.canHave(name) && this.quotes.names.separator;
    if (rest) edits.push(...this.quotes.attaching(span, name, row, []));
    this.change(`new ${table.row[0]}`, edits);
    this.open(this.rows.get(edits[0].id));
    if (rest) this.pick(null);
    this.view.focusRow();
    if (span && !rest) this.view.pickFor(span);
    speak(`${table.row[0]} ${this.book.keyOf(name, row)}`);
  }

  /** A row that belongs to another belongs to the one in hand. */
  _linked(table) {
    const entry = this.entry();
    const to = this.book.linked(table);
    if (!entry || !to) return {};
    const { targetColumn } = table.byName.get(table.link);
    if (entry.table === to.name) return { [table.link]: entry.cells[targetColumn] };
    return entry.table === table.name && entry.cells[table.link] ? { [table.link]: entry.cells[table.link] } : {};
  }

  /** Delete the row in hand and take it out of its quotes. */
  remove() {
    const entry = this.entry();
    if (!entry || this.book.table(entry.table).isDocuments) return;
    const order = this.view.order();
    const at = order.findIndex((one) => one.id === entry.id);
    const next = order[at + 1] ?? order[at - 1] ?? null;
    const name = this.nameOf(entry);
    if (!this.change(`delete ${name}`, [this.rows.removing(entry), ...this.quotes.leaving(entry)])) return;
    this.open(next && this.rows.get(next.id));
    say(`Deleted: ${name}.`, { action: { label: "Undo", run: () => this.undo() } });
  }

  // Words.

  /** Keep words selected until they are used or given up; null: none. */
  pick(span) {
    this.span = span;
    this.view.lit();
  }

  /** The words are those of the panel, which was opened for them. */
  takeSpan(span) {
    this.pick(span);
    this.view.tookSpan(span);
  }

  /** Return the whole sentences in which words are. */
  sentence(span) {
    const [from, to] = this.text.units(span);
    const first = this.text.around(span.paragraph, from, "sentence");
    const last = this.text.around(span.paragraph, to - 1, "sentence");
    return first && last ? this.text.span(span.paragraph, first[0], last[1]) : span;
  }

  stretched(span, which, way) {
    return stretched(this.text, span, which, way);
  }

  /**
   * Have words carry variables of a row, and fill empty cells with what they say. No names: they
   * carry everything else. `quote`: in place of what that quote was.
   */
  attach(span, entry, names, more = {}, quote = null) {
    const table = this.book.table(entry.table);
    const values = {};
    const variables = [];
    for (const name of names) {
      const field = table.byName.get(name);
      const said = entry.cells[name] ? "" : this.values.said(field, span.words, entry.cells);
      if (said) values[name] = said;
      const carried = field.evidence ? field : field.wordsFor ? table.byName.get(field.wordsFor) : null;
      if (carried?.evidence) variables.push(carried.name);
    }
    const cells = { ...entry.cells, ...values };
    const edits = Object.keys(values).length ? [this.rows.setting(entry, values)] : [];
    edits.push(...this._quoteEdits(span, entry, cells, names, [...new Set(variables)], more, quote));
    this.change("words", edits);
    this.pick(null);
    const open = names.length === 1 && !cells[names[0]] && !quote ? table.byName.get(names[0]) : null;
    if (open) this.view.typeInto(open.name, this.book.table(open.target)?.shared && span.words.length <= LONGEST_NAME ? span.words : "");
    else this.view.backToField();
    speak(names.length ? `${names.map((name) => table.byName.get(name).title).join(", ")}: ${span.words}` : `everything else: ${span.words}`);
  }

  _quoteEdits(span, entry, cells, names, variables, more, quote) {
    const { names: columns } = this.quotes;
    if (!this.quotes.canHave(entry.table) || (names.length && !variables.length)) return [];
    if (quote) {
      if (!variables.length && !this.quotes.isRest(quote)) return [this.rows.removing(quote)];
      const [first, ...others] = columns.separator ? [variables.join(columns.separator)] : variables;
      const place = { ...this.quotes.place(span), ...more };
      const alone = others.map((variable) => this.rows.adding(quote.table, { ...quote.cells, ...place, [columns.variables]: variable }));
      return [this.rows.setting(quote, { ...place, [columns.variables]: first ?? "" }), ...alone];
    }
    // Words with a reason carry what they are said to carry, and not "everything else".
    const rest = !variables.length && more[columns.because] ? this.quotes.lacking({ ...entry, cells }).map((field) => field.name) : variables;
    return this.quotes.attaching(span, entry.table, cells, rest, more);
  }

  /** Take words from a variable. */
  drop(id, name) {
    const quote = this.rows.get(id);
    if (quote) this.change("words taken away", this.quotes.detaching(quote, name));
  }

  dropQuote(quote) {
    if (this.rows.get(quote.id)) this.change("quote deleted", [this.rows.removing(this.rows.get(quote.id))]);
    this.pick(null);
    this.view.backToField();
  }

  splitQuote(quote) {
    this.change("quote split", this.quotes.splitting(this.rows.get(quote.id)));
    this.pick(null);
    this.view.backToField();
  }

  /** Pass over words or a whole paragraph; `cells` has the reason. */
  pass(span, whole, cells) {
    const { table, document, paragraph, words } = this.passages;
    const row = { ...cells, [document]: this.document.id, [paragraph]: `${span.paragraph}` };
    if (words && !whole) row[words] = span.words;
    delete row[""];
    this.change("passed over", [this.rows.adding(table, row)]);
    this.pick(null);
    this.view.backToField();
    speak(`Passed over: ${whole ? `paragraph ${span.paragraph}` : span.words}`);
  }

  /** Bring the words of a quote into view and open them for changes. */
  lookAt(id) {
    const quote = this.rows.get(id);
    const span = quote && this.quotes.span(quote);
    if (!span) {
      say("These words are not in the text.", { kind: "wrong" });
      return;
    }
    this.text.reveal(span);
    this.pick(span);
    this.view.pickFor(span, quote);
  }
}
