const tableOf = (rows, names) => {
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...names.map((n) => el("th", { scope: "col" }, n)))));
  const body = el("tbody");
  for (const row of rows) body.append(el("tr", {}, ...names.map((n) => el("td", {}, row[n] === null || row[n] === undefined ? unknown() : bdi(row[n])))));
  table.append(body);
  return table;
};

// The cells of the list: one for each role that the table has, then the other columns. Each column
// has a word for the address, a title, the content of its cells, and what it is sorted by.
const COLUMNS = 7;
const single = (some, name, otherwise) => (some.length === 1 ? titled(name) : otherwise);
const text = (said) => (said === null || said === "" ? unknown() : bdi(said));
const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);
const placeOf = (row) => (spot(row).length ? shown(spot(row)[0], row) : null);
const list = [{ word: "row", title: capital(layout.one), by: head }];
if (parts.timeline) list.push({ word: "days", title: "Days", of: dayCell, by: start });
if (roles.type.length) list.push({ word: "type", title: single(roles.type, roles.type[0], "Type"), of: (row) => [narrowest(row) ?? unknown()], by: narrowest });
if (sides.length) list.push({ word: "who", title: single(sides, roles.sides[0].name || roles.sides[0].actor, "Who, to whom"), of: (row) => [text(who(row))], by: (row) => who(row) || null });
if (has("f-place")) list.push({ word: "place", title: "Place", of: (row) => [text(placeOf(row))], by: placeOf });
if (parts.fatalities) list.push({ word: "deaths", title: "Deaths", of: (row) => [deaths(row) ?? unknown(status(row))], by: (row) => likely(row) ?? lowest(row) ?? highest(row) });
for (const name of layout.others.slice(0, Math.max(0, COLUMNS - list.length))) {
  list.push({ word: `is.${name}`, title: titled(name), of: (row) => [text(shown(name, row))], by: (row) => (typeof value(name, row) === "number" ? value(name, row) : shown(name, row)) });
}

// Sorting: by a word of a column, with a hyphen before it from the last to the first.
const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const sortedBy = () => {
  const said = state.sort || "", back = said.startsWith("-");
  const column = list.find(({ word }) => word === (back ? said.slice(1) : said));
  return column ? { column, back } : null;
};
const sorted = (some) => {
  const found = sortedBy();
  if (!found) return some;
  const by = new Map(some.map((row) => [row, found.column.by(row)]));
  const compared = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : order.compare(String(a), String(b)));
  // What is unknown is last, whichever way the column is sorted.
  return some.toSorted((a, b) => {
    const one = by.get(a), other = by.get(b);
    if (one === null || other === null) return (one === null) - (other === null);
    return found.back ? compared(other, one) : compared(one, other);
  });
};
const sortBy = (word) => {
  const first = word === "deaths" ? `-${word}` : word, second = word === "deaths" ? word : `-${word}`;
  state.sort = state.sort === first ? second : state.sort === second ? "" : first;
  write(true);
  fill();
  show();
};
document.querySelector("#list thead tr").append(...list.map(({ word, title }) => el("th", { scope: "col", "data-word": word },
  el("button", { type: "button", class: "sort", onclick: () => sortBy(word) }, title))));
$("f-sort").append(el("option", { value: "" }, "the order of the data"), ...list.flatMap(({ word, title }) => [
  el("option", { value: word }, `${title}, ascending`), el("option", { value: `-${word}` }, `${title}, descending`)]));
const showOrder = () => {
  const found = sortedBy();
  for (const heading of document.querySelectorAll("#list thead th")) {
    if (found && heading.dataset.word === found.column.word) heading.setAttribute("aria-sort", found.back ? "descending" : "ascending");
    else heading.removeAttribute("aria-sort");
  }
};

// The words that a search found, where the row itself does not show them.
const AROUND = 90;
const marked = (said, words) => (!words.length ? [said] : said.split(/([\p{L}\p{M}\p{N}'\u2019-]+)/u).map((piece, n) => (n % 2 && words.some((word) => folded(piece).includes(word)) ? el("mark", { class: "found" }, piece) : piece)));
const excerpt = (said, words) => {
  const whole = Array.from(said);
  if (whole.length <= 2 * AROUND) return said;
  const at = Math.max(0, folded(said).indexOf(words[0])), from = Math.max(0, at - AROUND);
  return (from ? "\u2026 " : "") + whole.slice(from, at + AROUND).join("") + (at + AROUND < whole.length ? " \u2026" : "");
};
const hitOf = (row, cells, words) => {
  const visible = folded(cells);
  if (!words.length || words.every((word) => visible.includes(word))) return null;
  const said = [...spokenOf(id(row)), ...[...columns.keys()].map((name) => shown(name, row)).filter((x) => typeof x === "string")];
  const found = said.find((one) => words.every((word) => folded(one).includes(word))) ?? said.find((one) => words.some((word) => !visible.includes(word) && folded(one).includes(word)));
  if (found === undefined) return null;
  const shortened = excerpt(found, words);
  const marks = marked(shortened, words);
  return el("p", { class: "hit" }, spokenOf(id(row)).includes(found) ? quoted(shortened, ...marks) : bdi(""), ...(spokenOf(id(row)).includes(found) ? [] : marks));
};

const byKey = layout.heads.every((name) => layout.key.includes(name));
let limit = SHOWN;
const lineOf = (row, words) => {
  const key = id(row);
  const open = el("button", { type: "button", "data-row": key, class: byKey ? "id" : "caption", onclick: () => choose(key) }, head(row));
  const kind = isTotal(row) ? el("span", { class: "kind" }, "a total") : null;
  const line = el("tr", { "data-row": key, ...(key === opened() ? { class: "chosen" } : {}) }, el("td", { class: "c-row" }, open, kind),
    ...list.slice(1).map(({ word, title, of }) => el("td", { class: `c-${word.split(".")[0]}`, "data-title": title }, ...of(row))));
  const hit = hitOf(row, line.textContent, words);
  if (hit) (line.querySelector(".c-who") || line.lastElementChild).append(hit);
  return line;
};
const showTable = () => {
  const words = searched();
  document.querySelector("#list tbody").replaceChildren(...rows.slice(0, limit).map((row) => lineOf(row, words)));
  $("list").hidden = !rows.length;
  showOrder();
  const count = (some) => some.toLocaleString("en");
  $("count").textContent = `${count(rows.length)} of ${count(data.rows)} ${data.rows === 1 ? layout.one : layout.several}${rows.length > limit ? `; the first ${count(limit)} are shown` : ""}`;
  const all = () => $("reset").click();
  $("more").replaceChildren(...(!rows.length && data.rows
    ? [el("span", {}, `No ${layout.one} fits ${state.q ? "these words" : "these filters"}. `), el("button", { type: "button", onclick: all }, data.rows === 1 ? "Show it" : `Show all ${count(data.rows)} ${layout.several}`)]
    : rows.length > limit ? [el("button", { type: "button", onclick: () => { limit += SHOWN; showTable(); } }, `Show ${count(Math.min(SHOWN, rows.length - limit))} more`)] : []));
};
