/** Keeping what is typed: sending it, hearing of changes that others made, and asking where both changed the same. */

import { Outbox } from "./api.js";
import { resolveConflict } from "./conflict.js";
import { ask, say } from "./dialogs.js";
import { el } from "./dom.js";

const POLL = 3000;

/** `desk` has the rows that are kept; `revision` is that of the draft as the page has it. */
export class Keeping {
  constructor(desk) {
    const { book, server, view } = desk;
    this.desk = desk;
    this.revision = "";
    this.outbox = new Outbox({
      server,
      name: `eventbook/${book.package.name}/${book.person}`,
      revision: () => this.revision,
      onState: (state, message) => view.state(state, message),
      onSaved: (answer) => this._saved(answer),
      onRefused: (change, error) => this._refused(change, error),
    });
    this.outbox.windows.onOther(() => this.poll());
    const look = () => document.visibilityState === "visible" && this.poll();
    setInterval(look, POLL);
    document.addEventListener("visibilitychange", look);
  }

  /** Take up what was not sent before. */
  open() {
    return this.outbox.open();
  }

  /** Keep a change of the document; `now`: it need not wait for more keystrokes. */
  put(change, now) {
    this.outbox.put(change, now);
  }

  flush() {
    return this.outbox.flush();
  }

  _saved(answer) {
    this.revision = answer.revision;
    if (this.desk.checks.failed) this.desk.checks.ask(this.desk.document.id);
    if (answer.elsewhere) this.reload(true);
  }

  /** Ask whether the draft was changed elsewhere. */
  async poll() {
    if (!this.desk.document || !this.outbox.empty || this.outbox.stopped) return;
    try {
      const { revision } = await this.desk.server.get("revision");
      if (revision !== this.revision && this.outbox.empty) await this.reload(true);
    } catch (error) {
      if (error.status === 401) this.desk.view.state("signed-out", error.message);
    }
  }

  /** Take the document as it is on disk; what is not saved yet is not touched. */
  async reload(tell = false) {
    await this.outbox.flush();
    if (!this.outbox.empty || this.outbox.stopped) return;
    const { edits } = this.desk;
    const before = JSON.stringify(this.desk.rows.plain());
    let content;
    try {
      content = await this.desk.server.get(`document/${encodeURIComponent(this.desk.document.id)}`);
    } catch {
      return;
    }
    if (this.desk.edits !== edits || !this.outbox.empty || content.id !== this.desk.document.id) return;
    const { text } = this.desk.document;
    this.desk.take(content);
    if (content.text !== text) this.desk.text.show(content);
    this.desk.stay();
    const changed = JSON.stringify(this.desk.rows.plain()) !== before;
    if (changed) {
      this.desk.checks.ask(content.id);
      if (tell) say("The draft was changed in another window or on disk; you see what is there now.");
    }
    this.desk.view.drawDocument();
    this.desk.view.draw();
  }

  async _refused(change, error) {
    if (error.status === 409 && error.answer.missing) {
      const content = await this._documentOf(change);
      if (!content) return;
      const settled = await resolveConflict({
        book: this.desk.book, values: this.desk.values, change, there: content.tables,
        known: this.desk.document?.id === change.document ? this.desk.rows.plain() : {},
      });
      this.revision = content.revision;
      await this.outbox.settle(settled);
      if (this.desk.document) await this.reload();
      return;
    }
    const rows = Object.entries(change.tables).flatMap(([table, { added }]) => added.map((row) => `${table}: ${JSON.stringify(row)}`));
    const answer = await ask({
      title: "This was not saved",
      content: [el("p", {}, error.message), el("p", { class: "soft" }, "What you typed, to copy:"), el("textarea", { readonly: true, rows: "5", "aria-label": "What was typed" }, rows.join("\n"))],
      buttons: [{ label: "Give it up", value: "drop", danger: true }, { label: "Try again", value: "again", main: true }],
      must: true,
    });
    await this.outbox.settle(...(answer === "drop" ? [] : [change]));
    if (answer === "drop" && this.desk.document) await this.reload();
  }

  async _documentOf(change) {
    try {
      return await this.desk.server.get(`document/${encodeURIComponent(change.document)}`);
    } catch {
      this.outbox.later(1000);
      return null;
    }
  }

  /** Return whether everything is saved, after a try to do so. */
  async settled() {
    await this.outbox.flush();
    return this.outbox.empty;
  }
}
