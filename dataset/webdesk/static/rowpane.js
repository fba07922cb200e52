/** What is around the form of the row in hand: its head, its words, what it lacks, what follows, and the help. */

import { speak } from "./dialogs.js";
import { el, fill } from "./dom.js";

const MOST = 100;
const byId = (id) => document.getElementById(id);

/** `form` is the form of the row; `openGuide()` opens the guide at the field in hand. */
export class RowPane {
  constructor(desk, form, openGuide) {
    this.desk = desk;
    this.book = desk.book;
    this.form = form;
    this.openGuide = openGuide;
    this.drawn = new Map();
  }

  draw(entry) {
    this._drawHead(entry);
    this._drawWords(entry);
    this._drawLacking(entry);
    this._drawFollows(entry);
    this.drawHelp();
  }

  _drawHead(entry) {
    const { desk } = this;
    byId("row").classList.toggle("none", !entry);
    if (!entry) {
      fill(byId("head"), el("h2", {}, "Nothing in hand"), el("p", { class: "soft" }, "Select words in the text and start a row from them, or choose one from the list."));
      return;
    }
    const table = this.book.table(entry.table);
    const { wrong, lacking } = desk.counted(entry);
    const state = !desk.checked() ? "checking …" : wrong || lacking ? [wrong && `${wrong} wrong`, lacking && `${lacking} still lacking`].filter(Boolean).join(", ") : "complete";
    this._speakState(entry, state);
    const kind = wrong ? "wrong" : lacking ? "lacking" : "good";
    const general = this.form.homeless(entry, desk.ownFindings(entry)).filter((finding) => finding.kind === "wrong");
    const id = table.isDocuments ? "" : this.book.keyOf(entry.table, entry.cells);
    const remove = table.isDocuments || desk.readOnly() ? null : el("button", { type: "button", class: "plain", title: "Delete this row and its words (Alt+Del)", on: { click: () => desk.remove() } }, "Delete");
    this._fill("head",
      el("div", { class: "head" }, el("h2", {}, capital(table.isDocuments ? "the document itself" : table.row[0]), " ", el("span", { class: "id" }, id)), el("span", { class: `badge ${kind}`, id: "count" }, state), remove),
      ...general.map((finding) => el("p", { class: `finding ${finding.severity}` }, finding.text)));
  }

  /** Have it spoken when the row in hand has come to be wrong, or right. */
  _speakState(entry, state) {
    const before = this.spoken;
    this.spoken = { id: entry.id, state };
    clearTimeout(this.speaking);
    if (before?.id === entry.id && before.state !== state && this.desk.checked()) this.speaking = setTimeout(() => speak(state), 700);
  }

  _drawWords(entry) {
    const { desk } = this;
    const { quotes } = desk;
    const own = entry ? inOrder(quotes, quotes.of(entry)) : [];
    const items = own.map((quote) => this._quoteItem(entry, quote));
    this._fill("words", own.length ? el("h3", {}, "Words") : null, own.length ? el("ul", { class: "quotes" }, items) : null);
  }

  _quoteItem(entry, quote) {
    const { desk } = this;
    const { quotes } = desk;
    const { names } = quotes;
    const table = this.book.table(entry.table);
    const carried = quotes.isRest(quote) ? ["everything else"] : quotes.variables(quote).map((name) => table.byName.get(name)?.title ?? name);
    const why = [names.basis, names.because].filter((name) => name && quote.cells[name]).map((name) => desk.values.shown(quotes.table.byName.get(name), quote.cells[name])).join(": ");
    const findings = desk.ownFindings(quote);
    return el("li", {},
      el("button", { type: "button", class: "words", dir: "auto", "data-quote": quote.id, title: "Change these words", on: { click: () => desk.lookAt(quote.id) } }, quote.cells[names.words] ?? ""),
      el("small", {}, carried.join(", "), why ? ` – ${why}` : ""),
      findings.map((finding) => el("p", { class: `finding ${finding.severity}` }, finding.text)));
  }

  /** What must be there before filing, apart from what is wrong now. */
  _drawLacking(entry) {
    const findings = entry ? this.desk.findings(entry).filter((finding) => finding.kind === "lacking") : [];
    const items = findings.slice(0, MOST).map((finding) => {
      const known = finding.id === entry.id && this.form.widgets.has(finding.column);
      return el("li", {}, known ? el("button", { type: "button", class: "link", on: { click: () => this.form.focus(finding.column) } }, finding.text) : finding.text);
    });
    const host = byId("lacking");
    const open = host.querySelector("details")?.open ?? false;
    this._fill("lacking", findings.length ? el("details", { open }, el("summary", {}, `Before filing: ${findings.length} still lacking`), el("ul", { class: "lines" }, items, findings.length > MOST ? el("li", {}, `and ${findings.length - MOST} more`) : null)) : null);
  }

  /** What follows from what was typed; nobody types it. */
  _drawFollows(entry) {
    const complete = entry ? this.desk.complete(entry) : {};
    const table = entry && this.book.table(entry.table);
    const shown = table ? table.follows.filter(({ name }) => complete[name]) : [];
    const host = byId("follows");
    const open = host.querySelector("details")?.open ?? false;
    this._fill("follows", shown.length ? el("details", { open }, el("summary", {}, `What follows (${shown.length})`),
      el("dl", {}, shown.flatMap(({ name, title, help }) => [el("dt", { title: help }, title), el("dd", { dir: "auto" }, complete[name])]))) : null);
  }

  /** Draw what the book says of the field in hand. */
  drawHelp() {
    const entry = this.desk.entry();
    const field = entry && this.desk.name ? this.book.field(entry.table, this.desk.name) : null;
    if (!field) {
      this._fill("help");
      return;
    }
    const value = entry.cells[field.name] ?? "";
    const code = field.codes && value ? this.book.code(field.codes, value) : null;
    const lacking = this.desk.ownFindings(entry).filter((finding) => finding.column === field.name && finding.kind === "lacking");
    const notes = [field.limits, field.unit, field.missing && `empty: ${field.missing}`, field.example && !value && !field.target && !field.codes && `such as ${field.example}`].filter(Boolean).join(" · ");
    this._fill("help",
      el("p", {}, el("strong", {}, field.title), " ", field.help),
      code?.definition ? el("p", {}, el("em", {}, code.label), ": ", code.definition, code.exclude ? ` Not: ${code.exclude}` : "") : null,
      notes ? el("p", { class: "soft" }, notes) : null,
      lacking.map((finding) => el("p", { class: "finding lacking" }, finding.text)),
      field.guide ? el("button", { type: "button", class: "link", on: { click: () => this.openGuide() } }, "Guide: ", this.book.guide.find((page) => page.name === field.guide)?.title ?? field.guide) : null);
  }

  /** Replace what an element shows, only if it differs: a button that has the focus keeps it. */
  _fill(id, ...children) {
    const host = byId(id);
    const kept = children.flat().filter(Boolean);
    const text = kept.map((child) => child.outerHTML ?? child).join("");
    if (this.drawn.get(id) === text) return;
    this.drawn.set(id, text);
    fill(host, ...kept);
  }
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Return quotes in the order of the text, the longer ones first; on disk a changed row moves. */
function inOrder(quotes, some) {
  const placed = some.map((quote) => ({ quote, span: quotes.span(quote) ?? { start: Infinity, end: Infinity } }));
  return placed.sort((a, b) => a.span.start - b.span.start || b.span.end - a.span.end || 0).map(({ quote }) => quote);
}
