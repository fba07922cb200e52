/** When rows were changed elsewhere at the same time: what is there, what was typed, and who decides. */

import { rowKey } from "./api.js";
import { ask } from "./dialogs.js";
import { el } from "./dom.js";

/**
 * Ask about a change that was refused because rows are no longer there as the page had them; returns
 * the change to be made instead. `there`: the rows as they are, by table; `known`: those of the page.
 */
export async function resolveConflict({ book, values, change, there, known }) {
  const questions = missingOf(change, there).map(({ table, row }) => {
    const mine = counterpart(book, change.tables[table], table, row);
    return { table, before: row, mine, theirs: theirsOf(book, table, row, there[table] ?? [], known[table] ?? []) };
  });
  const open = questions.filter(({ mine, theirs }) => !(mine && theirs && rowKey(mine) === rowKey(theirs)) && (mine || theirs));
  const keep = open.length ? (await ask(dialog(book, values, open))) !== "theirs" : false;
  const tables = {};
  for (const [name, { removed, added }] of Object.entries(change.tables)) {
    const lost = questions.filter((question) => question.table === name);
    const gone = new Set(lost.map(({ before }) => rowKey(before)));
    const mine = new Set(lost.filter((one) => one.mine).map((one) => rowKey(one.mine)));
    tables[name] = { removed: removed.filter((row) => !gone.has(rowKey(row))), added: added.filter((row) => !mine.has(rowKey(row))) };
    if (!keep) continue;
    for (const question of lost) {
      if (question.theirs) tables[name].removed.push(question.theirs);
      if (question.mine) tables[name].added.push(question.mine);
    }
  }
  return { document: change.document, tables };
}

/** Return the rows that a change removes and that are not there. */
function missingOf(change, there) {
  return Object.entries(change.tables).flatMap(([table, { removed }]) => {
    const present = new Set((there[table] ?? []).map(rowKey));
    return removed.filter((row) => !present.has(rowKey(row))).map((row) => ({ table, row }));
  });
}

/** Return the row that a change puts in place of one that it removes. */
function counterpart(book, { removed, added }, table, row) {
  const key = book.keyOf(table, row);
  if (key) return added.find((one) => book.keyOf(table, one) === key) ?? null;
  const at = removed.findIndex((one) => rowKey(one) === rowKey(row));
  return removed.length === added.length ? added[at] : mostAlike(row, added);
}

/** Return the row that somebody else put in place of one. */
function theirsOf(book, table, row, there, known) {
  const key = book.keyOf(table, row);
  if (key) return there.find((one) => book.keyOf(table, one) === key) ?? null;
  const ours = new Set(known.map(rowKey));
  return mostAlike(row, there.filter((one) => !ours.has(rowKey(one))));
}

function mostAlike(row, others) {
  const names = Object.keys(row);
  const like = (other) => names.filter((name) => row[name] === other[name]).length / (names.length || 1);
  const best = [...others].sort((a, b) => like(b) - like(a))[0];
  return best && like(best) >= 0.5 ? best : null;
}

function dialog(book, values, questions) {
  const tables = questions.map(({ table, mine, theirs }) => {
    const described = book.table(table);
    const names = described.fields.filter(({ name }) => (mine?.[name] ?? "") !== (theirs?.[name] ?? ""));
    const shown = (row, field) => (row ? values.shown(field, row[field.name] ?? "") : "");
    return el("section", {},
      el("h3", {}, `${described.row[0]} ${book.keyOf(table, theirs ?? mine)}`),
      !theirs ? el("p", {}, "It is not there any more.") : null,
      !mine ? el("p", {}, "You deleted it.") : null,
      el("table", {},
        el("thead", {}, el("tr", {}, ["", "There now", "Yours"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, names.map((field) => el("tr", {}, el("th", { scope: "row" }, field.title), el("td", { dir: "auto" }, shown(theirs, field)), el("td", { dir: "auto" }, shown(mine, field)))))));
  });
  return {
    title: "This was changed elsewhere, too",
    content: [el("p", {}, "Another window, or somebody at the files, changed the same row. Nothing is overwritten until you decide."), ...tables],
    buttons: [{ label: "Take what is there", value: "theirs" }, { label: "Keep mine", value: "mine", main: true }],
    wide: true,
    must: true,
  };
}
