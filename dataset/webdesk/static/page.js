/** The coder's page: what is drawn where, and what the mouse and the keyboard ask for. */

import { Caret } from "./caret.js";
import { Desk } from "./desk.js";
import { ask, say, speak } from "./dialogs.js";
import { el, fill, isTyping } from "./dom.js";
import { fileDialog } from "./file.js";
import { Finder } from "./finder.js";
import { Form } from "./form.js";
import { Guide } from "./guide.js";
import { bindings, commandOf, showSheet } from "./keys.js";
import { Outline } from "./outline.js";
import { Picker } from "./picker.js";
import { RowPane } from "./rowpane.js";
import { DocumentText } from "./text.js";

const STATES = {
  saved: "saved",
  saving: "saving …",
  offline: "not saved: the server does not answer; kept in this browser",
  "only-here": "not saved: the server does not answer, and the browser's store is full; keep this page open",
  "signed-out": "not saved: open your private link again; kept in this browser",
  stopped: "not saved: please decide",
};
const byId = (id) => document.getElementById(id);

export class Page {
  constructor(server, book) {
    this.book = book;
    this.text = new DocumentText(byId("text"));
    this.alsoDraw = new Set();
    this.keys = bindings(book);
    this.desk = new Desk({ server, book, text: this.text, view: this });
    const { desk } = this;
    this.lightsAll = true;
    this.back = null;
    this.caret = new Caret(this.text);
    this.form = new Form(byId("form"), desk);
    this.pane = new RowPane(desk, this.form, () => this.toggleGuide(true));
    this.outline = new Outline(byId("list"), desk);
    this.picker = new Picker(desk, { onLeave: (used) => this._leftPicker(used) });
    this.finder = new Finder(byId("finder"), {
      text: this.text,
      pick: (span) => { desk.pick(span); if (span) this.text.reveal(span); },
      picked: (span, attach) => this._found(span, attach),
      leftFinder: () => this.backToField(),
    });
    this.guide = new Guide(byId("guide"), book, { onClose: () => this.toggleGuide(false) });
    this._listen();
  }

  // Drawing, as the desk asks for it.

  /** Draw what may have changed, once however often it is asked for. */
  draw() {
    if (this.drawing) return;
    this.drawing = true;
    queueMicrotask(() => {
      this.drawing = false;
      this._draw();
    });
  }

  _draw() {
    const entry = this.desk.entry();
    this.outline.draw();
    this.form.refresh();
    for (const draw of this.alsoDraw) draw();
    this.pane.draw(entry);
    this._drawProgress();
    this.lit();
    const [undo, redo] = [this.desk.rows.done.at(-1), this.desk.rows.undone.at(-1)];
    byId("undo").disabled = !undo;
    byId("redo").disabled = !redo;
    byId("undo").title = undo ? `Undo: ${undo.title} (Ctrl+Z)` : "Nothing to undo";
    byId("redo").title = redo ? `Redo: ${redo.title} (Ctrl+Shift+Z)` : "Nothing to redo";
  }

  opened() {
    const entry = this.desk.entry();
    this.form.show(entry, this.desk.readOnly());
    byId("row").scrollTop = 0;
    this._keepPlace(entry);
    if (this.picker.isOpen && !this.picker.quote) this.picker.take(this.picker.span);
  }

  drawDocument() {
    const { document: content } = this.desk;
    this.marked = null;
    byId("document-name").textContent = content.title;
    document.title = `${content.title} – ${this.book.package.title}`;
    const filed = byId("filed");
    filed.hidden = !content.filed || this.desk.amending;
    if (!filed.hidden) {
      fill(filed, el("span", {}, content.may_amend ? "This document is filed. It can be amended until a second coder has filed it." : "This document is filed, and a second coder has filed it, too: differences are decided in the adjudication."),
        content.may_amend ? el("button", { type: "button", on: { click: () => this.amend() } }, "Amend") : null);
    }
  }

  amend() {
    this.desk.amending = true;
    this.drawDocument();
    this.opened();
    this.draw();
  }

  state(state, message) {
    const shown = byId("state");
    if (shown.dataset.state === state) return;
    shown.dataset.state = state;
    shown.textContent = STATES[state];
    shown.title = message;
    if (state !== "saved" && state !== "saving") speak(STATES[state]);
  }

  _drawProgress() {
    const { paragraphs } = this.text;
    const { accounted, done, failed } = this.desk.checks;
    const count = paragraphs.filter(({ number }) => accounted.has(number)).length;
    byId("progress").max = paragraphs.length || 1;
    byId("progress").value = count;
    byId("progress-text").textContent = failed && !done ? "not checked" : done ? `${count} of ${paragraphs.length} paragraphs` : "checking …";
    if (this.marked === accounted) return;
    this.marked = accounted;
    for (const node of this.text.nodes) {
      const paragraph = node.parentElement;
      paragraph.parentElement.classList.toggle("accounted", accounted.has(Number(paragraph.dataset.paragraph)));
    }
  }

  /** Light up the words: of all rows, of the row in hand, of its field in hand, and those selected. */
  lit() {
    const { desk } = this;
    const { quotes, text } = desk;
    const entry = desk.entry();
    const own = entry ? quotes.of(entry) : [];
    const spans = (list) => list.map((quote) => quotes.span(quote)).filter(Boolean);
    text.light("coded", this.lightsAll ? spans(quotes.all()) : [], 0);
    text.light("passed", this.lightsAll ? this._passed() : [], 1);
    text.light("row", spans(own), 2);
    text.light("field", entry && desk.name ? spans(quotes.carrying(entry, desk.name).filter((quote) => own.includes(quote))) : [], 3);
    text.light("picked", desk.span ? [desk.span] : [], 5);
  }

  _passed() {
    const { passages, rows } = this.desk;
    if (!passages) return [];
    return rows.all(passages.table).flatMap(({ cells }) => {
      const number = Number(cells[passages.paragraph]);
      if (!this.text.paragraphs[number - 1]) return [];
      const words = passages.words && cells[passages.words];
      const span = words ? this.text.find(words).find((one) => one.paragraph === number && one.words === words) : this.text.whole(number);
      return span ? [span] : [];
    });
  }

  order() {
    return this.outline.order().map(({ entry }) => entry);
  }

  // Where the focus is.

  focusRow() {
    this.form.focusFirst();
  }

  /** Go back to the field in which one was before words were selected. */
  backToField() {
    if (this.back === "text") byId("text").focus({ preventScroll: true });
    else if (!(this.desk.name && this.form.focus(this.desk.name)) && this.desk.entry()) this.form.focusFirst();
  }

  typeInto(name, words) {
    this.form.focus(name);
    if (words) this.form.type(name, words);
  }

  pickFor(span, quote = null) {
    this.desk.pick(span);
    this.picker.open(span, { quote });
  }

  tookSpan(span) {
    this.picker.take(span);
    this.caret.put(span);
  }

  _leftPicker(used) {
    if (used) return;
    this.desk.pick(null);
    this.backToField();
  }

  _found(span, attach) {
    this.caret.put(span);
    if (attach && this.desk.entry() && this.desk.name) this._attach(span);
    else this.pickFor(span);
  }

  _attach(span = this.desk.span) {
    const entry = this.desk.entry();
    if (!span || !entry || !this.desk.name) return;
    if (this.picker.isOpen) this.picker.close(true);
    this.desk.attach(span, entry, [this.desk.name]);
  }

  // The mouse in the text.

  _listen() {
    const text = byId("text");
    text.addEventListener("mouseup", (event) => setTimeout(() => this._pointed(event)));
    text.addEventListener("mousedown", () => { this.touch = false; });
    text.addEventListener("touchstart", () => { this.touch = true; }, { passive: true });
    document.addEventListener("selectionchange", () => {
      clearTimeout(this.settling);
      if (this.touch) this.settling = setTimeout(() => this._selected(), 500);
    });
    text.addEventListener("keydown", (event) => this._textKey(event));
    text.addEventListener("focus", () => { this.back = "text"; });
    byId("form").addEventListener("focusin", () => { this.back = null; this.pane.drawHelp(); });
    byId("document-pane").addEventListener("scroll", () => this.picker.place(), { passive: true });
    window.addEventListener("resize", () => this.picker.place());
    document.addEventListener("keydown", (event) => this._command(event));
    for (const [id, command] of Object.entries({ undo: "undo", redo: "redo", "open-guide": "guide", "open-keys": "keys", "open-file": "file", "open-documents": "documents", "open-finder": "find" })) {
      byId(id).addEventListener("click", () => this.run(command));
    }
    byId("lights").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this._setLights(button.dataset.lights === "all");
    });
    text.addEventListener("click", (event) => {
      const number = event.target.closest(".number");
      const whole = number && this.text.whole(Number(number.dataset.number));
      if (whole) this.pickFor(whole);
    });
  }

  _pointed(event) {
    if (event.button !== 0 || event.target.closest(".number")) return;
    if (this._selected()) return;
    const place = placeAt(event);
    const paragraph = place && place.node.parentElement?.closest("[data-paragraph]");
    if (!paragraph) return;
    const number = Number(paragraph.dataset.paragraph);
    const { start } = this.text.paragraphs[number - 1];
    const point = this.text.points.toPoints(this.text.points.toUnits(start) + place.offset);
    const here = this.text.between(point, point + 1);
    if (here) this.caret.put(here);
    this._openAt(point);
  }

  /** A click on coded words takes their row in hand; another one goes on to the next quote there. */
  _openAt(point) {
    const { desk } = this;
    const quotes = desk.quotes.at(point);
    if (!quotes.length || this.picker.isOpen) {
      if (this.picker.isOpen && !this.picker.quote) this.picker.close();
      return;
    }
    const own = desk.entry() ? desk.quotes.of(desk.entry()) : [];
    const mine = quotes.filter((quote) => own.includes(quote));
    if (mine.length) {
      const quote = mine[(mine.findIndex((one) => one.id === this.looked) + 1) % mine.length];
      this.looked = quote.id;
      this.pickFor(desk.quotes.span(quote), quote);
      return;
    }
    const owner = this._ownerOf(quotes[0]);
    if (owner) desk.open(owner);
  }

  _ownerOf(quote) {
    const { desk } = this;
    for (const owner of desk.quotes.names.owners) {
      const [id] = desk.quotes.ids(quote, owner);
      const found = id && desk.rows.all(owner.table).find((entry) => entry.cells[owner.target] === id);
      if (found) return found;
    }
    return this.book.documents ? desk.rows.all(this.book.documents.name)[0] : null;
  }

  _selected() {
    const span = this.text.selected();
    if (!span) return false;
    document.getSelection().removeAllRanges();
    if (this.desk.readOnly()) return true;
    const changing = this.picker.isOpen && this.picker.quote;
    this.back = null;
    this.desk.pick(span);
    this.caret.put(span);
    if (changing) this.picker.take(span);
    else this.picker.open(span);
    return true;
  }

  // The keyboard.

  _textKey(event) {
    if (event.target !== byId("text")) return;
    const { caret } = this;
    const forwards = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const kind = event.ctrlKey || event.metaKey ? "sentence" : "word";
    if (event.altKey) return;
    if (forwards) caret.move(kind, forwards * this._way(), event.shiftKey);
    else if (event.key === "ArrowDown") caret.move("paragraph", 1, event.shiftKey);
    else if (event.key === "ArrowUp") caret.move("paragraph", -1, event.shiftKey);
    else if (event.key === "Home") caret.toEnd(-1, event.shiftKey);
    else if (event.key === "End") caret.toEnd(1, event.shiftKey);
    else if (event.key === "Escape") this.desk.pick(null);
    else if (event.key === "Enter" || event.key === " ") {
      const span = caret.span();
      if (span && !this.desk.readOnly()) this.pickFor(span);
    } else return;
    event.preventDefault();
    if (event.key === "Enter" || event.key === " " || event.key === "Escape") return;
    const span = caret.span();
    this.desk.pick(span);
    if (span) {
      this.text.reveal(span);
      speak(span.words);
    }
  }

  /** In a paragraph from right to left the arrow to the left goes on. */
  _way() {
    const node = this.text.nodes[(this.caret.place?.paragraph ?? 1) - 1];
    return node && getComputedStyle(node.parentElement).direction === "rtl" ? -1 : 1;
  }

  _command(event) {
    if (event.defaultPrevented || event.isComposing) return;
    const command = commandOf(event, this.keys);
    if (!command || document.querySelector("dialog[open]")) return;
    if (["undo", "redo"].includes(command) && isTyping(event.target) && this._unfinished(event.target)) return;
    if (command === "rest" && !this.desk.span) return;
    event.preventDefault();
    this.run(command);
  }

  /** Return whether somebody has typed into a field what is not in the row yet. */
  _unfinished(input) {
    const widget = [...this.form.widgets.values()].find((one) => one.input === input);
    return widget ? Boolean(widget.combobox?.touched) : true;
  }

  run(command) {
    const { desk } = this;
    if (command.startsWith("begin ")) {
      const { span } = desk;
      if (this.picker.isOpen) this.picker.close(true);
      desk.begin(command.slice(6), span);
      return;
    }
    const actions = {
      attach: () => this._attach(),
      rest: () => {
        const { span } = desk;
        if (this.picker.isOpen) this.picker.close(true);
        if (span && desk.entry() && desk.quotes.canHave(desk.entry().table)) desk.attach(span, desk.entry(), []);
      },
      find: () => this.finder.open(),
      text: () => { byId("text").focus({ preventScroll: true }); if (!this.caret.place) this.caret.put(null); desk.pick(this.caret.span()); },
      row: () => this.form.focusFirst(),
      list: () => (byId("list").querySelector("[aria-current]") ?? byId("list").querySelector("button"))?.focus(),
      area: () => this._nextArea(),
      next: () => this._step(1),
      previous: () => this._step(-1),
      paragraph: () => this._nextParagraph(),
      wrong: () => this._nextFinding(),
      more: () => this.form.toggle(),
      lights: () => this._setLights(!this.lightsAll),
      guide: () => this.toggleGuide(),
      documents: () => this.chooseDocument(),
      remove: () => desk.remove(),
      undo: () => desk.undo(),
      redo: () => desk.redo(),
      save: () => desk.keeping.flush(),
      file: () => this.file(),
      keys: () => showSheet(this.keys),
    };
    actions[command]?.();
  }

  _nextArea() {
    const areas = [byId("text"), byId("form"), byId("list")];
    const at = areas.findIndex((area) => area.contains(document.activeElement));
    ["text", "row", "list"].map((name) => () => this.run(name))[(at + 1) % 3]();
  }

  _step(way) {
    const order = this.order();
    const at = order.findIndex((entry) => entry.id === this.desk.row);
    const next = order[at < 0 ? 0 : (at + way + order.length) % order.length];
    if (!next) return;
    this.desk.open(next);
    this.form.focusFirst();
  }

  _nextParagraph() {
    const { accounted } = this.desk.checks;
    const here = this.caret.place?.paragraph ?? 0;
    const open = this.text.paragraphs.filter(({ number }) => !accounted.has(number));
    const next = open.find(({ number }) => number > here) ?? open[0];
    if (!next) {
      say("Every paragraph is accounted for.");
      return;
    }
    const span = this.text.whole(next.number);
    if (!span) return;
    this.caret.put(span);
    this.text.reveal(span);
    this.pickFor(span);
  }

  _nextFinding() {
    const { desk } = this;
    const rank = (finding) => (finding.kind === "wrong" ? 0 : 1);
    const all = this.order().flatMap((entry) => desk.findings(entry).map((finding) => ({ entry, finding })));
    all.sort((a, b) => rank(a.finding) - rank(b.finding));
    const at = all.findIndex(({ entry, finding }) => entry.id === desk.row && finding.column === desk.name);
    const next = all[(at + 1) % all.length];
    if (!next) {
      say("Nothing is wrong, and nothing is lacking.");
      return;
    }
    desk.open(next.entry);
    if (!this.form.focus(next.finding.column)) this.form.focusFirst();
    speak(next.finding.text);
  }

  _setLights(all) {
    this.lightsAll = all;
    for (const button of byId("lights").querySelectorAll("button")) button.setAttribute("aria-pressed", String((button.dataset.lights === "all") === all));
    this.lit();
  }

  toggleGuide(open = byId("guide").hidden) {
    byId("guide").hidden = !open;
    document.body.classList.toggle("guided", open);
    byId("open-guide").setAttribute("aria-pressed", String(open));
    if (!open) return;
    const entry = this.desk.entry();
    const field = entry && this.desk.name ? this.book.field(entry.table, this.desk.name) : null;
    this.guide.show(field?.guide ?? this.guide.shown, field?.name);
  }

  // Documents.

  async chooseDocument() {
    const { documents } = await this.desk.server.get("documents");
    const items = documents.map((one) => {
      const units = this.book.units.map((table) => `${one.units[table.name]} ${table.row[one.units[table.name] === 1 ? 0 : 1]}`).join(", ");
      const choose = (event) => event.target.closest("dialog").press(one.id);
      return el("button", { type: "button", on: { click: choose }, class: "document-choice", autofocus: one.id === this.desk.document?.id, "aria-current": one.id === this.desk.document?.id ? "true" : undefined },
        el("span", { class: "name", dir: "auto" }, one.title), el("small", {}, `${one.id} · ${one.paragraphs} paragraphs · ${units}${one.filed ? ` · filed ${one.filed_on}` : ""}`));
    });
    const search = el("input", { type: "search", placeholder: "search", "aria-label": "Search the documents" });
    search.addEventListener("input", () => {
      for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(search.value.toLowerCase());
    });
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      items.find((item) => !item.hidden)?.click();
    });
    const chosen = await ask({ title: "Documents", content: [documents.length > 8 ? search : null, ...items].filter(Boolean), buttons: [{ label: "Cancel", value: "", main: true }] });
    if (chosen) await this.openDocument(chosen);
  }

  async openDocument(name, row = null) {
    this.picker.close(true);
    this.desk.pick(null);
    this.caret.place = null;
    await this.desk.openDocument(name, row);
    byId("document-pane").scrollTop = 0;
    this.draw();
  }

  file() {
    const { desk } = this;
    return fileDialog({
      server: desk.server,
      book: this.book,
      documents: async () => (await desk.server.get("documents")).documents,
      current: () => desk.document.id,
      settled: () => desk.keeping.settled(),
      filed: async (answer) => {
        say(`Filed: ${answer.documents.join(", ")}.`);
        const entry = desk.entry();
        await this.openDocument(desk.document.id, entry && { table: entry.table, key: this.book.keyOf(entry.table, entry.cells) });
      },
    });
  }

  /** A reload opens the same document and row again. */
  _keepPlace(entry) {
    const place = new URLSearchParams({ document: this.desk.document.id });
    if (entry) {
      place.set("table", entry.table);
      place.set("key", this.book.keyOf(entry.table, entry.cells));
    }
    history.replaceState(null, "", `#${place}`);
  }
}

function placeAt(event) {
  const found = document.caretPositionFromPoint?.(event.clientX, event.clientY);
  if (found) return { node: found.offsetNode, offset: found.offset };
  const range = document.caretRangeFromPoint?.(event.clientX, event.clientY);
  return range ? { node: range.startContainer, offset: range.startOffset } : null;
}
