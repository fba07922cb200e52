/** The rows of a document as the page has them: reading, changing, undoing, and taking up what others changed. */

import { rowKey } from "./api.js";

/** Return a row without its empty cells, which nobody changes in place. */
export function cellsOf(row) {
  return Object.freeze(Object.fromEntries(Object.entries(row).filter(([, text]) => text)));
}

export function same(one, other) {
  return rowKey(one) === rowKey(other);
}

const TOGETHER = 2500;

/**
 * Rows by table. A row is an entry {id, table, cells}: `id` is the page's own name for it, `cells`
 * are replaced as a whole. An edit is {table, id, before, after}, where null is "not there".
 * `keyOf(table, cells)` returns what names a row, or "". `onChange(tables, edits)` is called after
 * each change with {name: {removed, added}}.
 */
export class Rows {
  constructor({ keyOf = () => "", onChange = () => {} } = {}) {
    this.keyOf = keyOf;
    this.onChange = onChange;
    this.count = 0;
    this.clear();
  }

  clear() {
    this.tables = new Map();
    this.entries = new Map();
    this.done = [];
    this.undone = [];
  }

  /** Take rows as they are on disk; entries that are the same, or have the same key, keep their ids. */
  load(tables) {
    for (const [table, rows] of Object.entries(tables)) {
      const known = new Map();
      for (const entry of this.all(table)) {
        const key = this.keyOf(table, entry.cells);
        if (key) known.set(`key ${key}`, entry);
        known.set(rowKey(entry.cells), entry);
        this.entries.delete(entry.id);
      }
      const used = new Set();
      const loaded = rows.map((row) => {
        const cells = cellsOf(row);
        const key = this.keyOf(table, cells);
        const found = known.get(rowKey(cells)) ?? (key ? known.get(`key ${key}`) : undefined);
        const id = found && !used.has(found.id) ? found.id : this._fresh();
        used.add(id);
        return { id, table, cells };
      });
      this.tables.set(table, loaded);
      for (const entry of loaded) this.entries.set(entry.id, entry);
    }
  }

  all(table) {
    return this.tables.get(table) ?? [];
  }

  get(id) {
    return this.entries.get(id) ?? null;
  }

  /** Return all rows by table, in their order, as plain objects. */
  plain() {
    return Object.fromEntries([...this.tables].map(([table, entries]) => [table, entries.map((entry) => entry.cells)]));
  }

  /** Return the edit that adds a row. */
  adding(table, cells) {
    return { table, id: this._fresh(), before: null, after: cellsOf(cells) };
  }

  /** Return the edit that changes some cells of a row; empty texts empty them. */
  setting(entry, values) {
    return { table: entry.table, id: entry.id, before: entry.cells, after: cellsOf({ ...entry.cells, ...values }) };
  }

  /** Return the edit that removes a row. */
  removing(entry) {
    return { table: entry.table, id: entry.id, before: entry.cells, after: null };
  }

  /**
   * Make edits as one step of the history. `title` says what was done; steps with the same `merge`
   * that follow soon are undone together, as the keystrokes of a cell.
   */
  change(title, edits, merge = "") {
    const real = edits.filter(({ before, after }) => !(before && after && same(before, after)));
    if (!real.length) return false;
    this._apply(real);
    const last = this.done.at(-1);
    const now = Date.now();
    if (merge && last?.merge === merge && now - last.at < TOGETHER) {
      last.edits = joined(last.edits, real);
      last.at = now;
    } else {
      this.done.push({ title, edits: real, merge, at: now });
    }
    this.undone = [];
    this.onChange(asTables(real), real);
    return true;
  }

  /** Undo the last step; returns it, or null if there is none, or its rows have changed elsewhere. */
  undo() {
    return this._move(this.done, this.undone, inverse);
  }

  redo() {
    return this._move(this.undone, this.done, (edits) => edits);
  }

  _move(from, to, turned) {
    const step = from.pop();
    if (!step) return null;
    const edits = turned(step.edits);
    const possible = edits.every(({ id, before }) => {
      const there = this.get(id);
      return before ? there && same(there.cells, before) : !there;
    });
    if (!possible) return { ...step, failed: true };
    step.merge = "";
    to.push(step);
    this._apply(edits);
    this.onChange(asTables(edits), edits);
    return step;
  }

  _apply(edits) {
    for (const { table, id, before, after } of edits) {
      const rows = [...this.all(table)];
      const at = rows.findIndex((entry) => entry.id === id);
      if (after === null) {
        if (at >= 0) rows.splice(at, 1);
        this.entries.delete(id);
      } else {
        const entry = { id, table, cells: after };
        if (before === null || at < 0) rows.push(entry);
        else rows[at] = entry;
        this.entries.set(id, entry);
      }
      this.tables.set(table, rows);
    }
  }

  _fresh() {
    this.count += 1;
    return `r${this.count}`;
  }
}

function inverse(edits) {
  return [...edits].reverse().map(({ table, id, before, after }) => ({ table, id, before: after, after: before }));
}

/** Return two lists of edits, one after the other, as one: each row from its first state to its last. */
function joined(first, second) {
  const all = new Map();
  for (const edit of [...first, ...second]) {
    const known = all.get(edit.id);
    all.set(edit.id, known ? { ...known, after: edit.after } : edit);
  }
  return [...all.values()];
}

function asTables(edits) {
  const tables = {};
  for (const { table, before, after } of edits) {
    tables[table] ??= { removed: [], added: [] };
    if (before && Object.keys(before).length) tables[table].removed.push(before);
    if (after && Object.keys(after).length) tables[table].added.push(after);
  }
  return tables;
}
