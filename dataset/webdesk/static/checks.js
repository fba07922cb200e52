/** The checks of the document while somebody types: asked at each change, the newest answer counts. */

/** `server`; `rows`, to be checked; `onAnswer()`. Findings are kept by the page's ids of rows. */
export class Checks {
  constructor({ server, rows, onAnswer }) {
    this.server = server;
    this.rows = rows;
    this.onAnswer = onAnswer;
    this.window = Math.random().toString(36).slice(2);
    this.needs = new Map();
    this.clear();
  }

  clear() {
    this.byRow = new Map();
    this.complete = new Map();
    this.accounted = new Set();
    this.done = false;
    this.needs.clear();
  }

  /** Check what the page has now. */
  ask(document) {
    this.asked = document;
    if (!this.running) this.running = this._run().finally(() => { this.running = null; });
    return this.running;
  }

  async _run() {
    while (this.asked) {
      const document = this.asked;
      this.asked = "";
      const ids = Object.fromEntries([...this.rows.tables].map(([table, entries]) => [table, entries.map((entry) => entry.id)]));
      let answer;
      try {
        answer = await this.server.post("check", { document, tables: this.rows.plain(), window: this.window });
      } catch (error) {
        this.failed = error;
        this.onAnswer();
        return;
      }
      if (answer.superseded) continue;
      this.failed = null;
      this._take(answer, ids);
      this.onAnswer();
    }
  }

  _take(answer, ids) {
    this.byRow = new Map();
    for (const finding of answer.findings) {
      const id = finding.row === null ? null : (ids[finding.table]?.[finding.row] ?? null);
      if (!this.byRow.has(id)) this.byRow.set(id, []);
      this.byRow.get(id).push({ ...finding, id });
    }
    this.complete = new Map();
    for (const [table, rows] of Object.entries(answer.complete)) {
      rows.forEach((cells, n) => this.complete.set(ids[table]?.[n], cells));
    }
    this.accounted = new Set(answer.accounted);
    this.done = true;
  }

  of(entry) {
    return this.byRow.get(entry.id) ?? [];
  }

  /** Return what is known of the fields that a row like this needs; `sure` is false until the answer has come. */
  needsOf(entry, table) {
    const usual = { sure: false, needed: new Set(table.fields.filter((field) => field.required).map((field) => field.name)), possible: new Set(table.fields.map((field) => field.name)) };
    const key = this._signature(entry, table);
    const known = this.needs.get(key);
    const meanwhile = () => ({ ...(this.needs.get(`last ${entry.id}`)?.answer ?? usual), sure: false });
    if (known) return known.answer ?? meanwhile();
    const asked = { answer: null };
    this.needs.set(key, asked);
    this.server.post("open", { table: entry.table, row: entry.cells }).then(
      (answer) => {
        asked.answer = { sure: true, needed: new Set(answer.needed), possible: new Set(answer.possible) };
        this.needs.set(`last ${entry.id}`, asked);
        this.onAnswer();
      },
      () => this.needs.delete(key),
    );
    return meanwhile();
  }

  /** What fields a row needs depends on its codes, and on which cells are filled. */
  _signature(entry, table) {
    const parts = table.fields.map((field) => {
      const value = entry.cells[field.name] ?? "";
      return field.codes || field.type === "boolean" ? value : value ? 1 : 0;
    });
    return JSON.stringify([entry.table, parts]);
  }
}

/** Return findings counted: what is wrong, what is lacking, what is a hint. */
export function counted(findings) {
  const wrong = findings.filter((finding) => finding.kind === "wrong" && finding.severity === "error").length;
  const lacking = findings.filter((finding) => finding.kind === "lacking").length;
  return { wrong, lacking, hints: findings.length - wrong - lacking };
}
