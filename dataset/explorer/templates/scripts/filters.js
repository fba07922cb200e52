// Filters, whose state is the page's fragment, so that a view can be shared.
const FILTERS = ["q", "type", "actor", "place", "status", "from", "to"].filter((name) => has(`f-${name}`));
// The other filters are variables of the codebook, which may be called like one of these.
const chosen = [...document.querySelectorAll("[data-variable]")].map((node) => ({ node, name: node.dataset.variable, word: `is.${node.dataset.variable}` }));
let state = {}, rows = [];
const actorsOf = (row) => sides.flatMap((side) => side.all(row)).filter((x) => x);
// A country by its name only, also where its places are known by it.
const placesOf = (row) => spot(row).map((name) => labelOf(name, value(name, row)));
// Found without marks on letters, and with either of the two Turkish letters i.
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("\u0131", "i");
const searched = () => folded(state.q || "").split(/\s+/).filter((word) => word);

// The values of each filter that a row has; asked for often, and kept.
const kept = (of) => {
  const found = [];
  return (row) => (found[row] ??= [...new Set(of(row))]);
};
const facets = new Map();
if (has("f-type")) facets.set("type", kept((row) => roles.type.map((name) => value(name, row)).filter((x) => x !== null).map(String)));
if (has("f-actor")) facets.set("actor", kept(actorsOf));
if (has("f-place")) facets.set("place", kept(placesOf));
if (has("f-status")) facets.set("status", kept((row) => [status(row)]));
for (const { name, word } of chosen) facets.set(word, kept((row) => values(name, row)));

// Cells and their labels, then what is said about the row elsewhere. Made when somebody searches.
const texts = [];
const textOfRow = (row) => {
  if (texts[row] === undefined) {
    const said = [id(row)];
    for (const name of columns.keys()) {
      const cell = value(name, row);
      if (cell === null) continue;
      said.push(cell);
      if ((variables.get(name) || {}).labels) said.push(shown(name, row));
    }
    texts[row] = folded([...said, ...spokenOf(id(row))].join("\n"));
  }
  return texts[row];
};

// The filters that are set, each as a test of a row.
const tests = () => {
  const words = searched(), found = [];
  if (words.length) found.push(["q", (row) => words.every((word) => textOfRow(row).includes(word))]);
  for (const [word, of] of facets) if (state[word]) found.push([word, (row) => of(row).includes(state[word])]);
  if (state.from && roles.interval) found.push(["from", (row) => (lastDay(row) || "") >= state.from]);
  if (state.to && roles.interval) found.push(["to", (row) => (start(row) || "9") <= state.to]);
  return found;
};
// The rows that fit, and how often each value of a filter occurs in those that fit all others.
const filtered = () => {
  const set = tests(), fitting = [], counts = new Map([...facets.keys()].map((word) => [word, new Map()]));
  const count = (word, row) => {
    const into = counts.get(word);
    for (const found of facets.get(word)(row)) into.set(found, (into.get(found) || 0) + 1);
  };
  for (let row = 0; row < data.rows; row++) {
    let failed = null, fails = 0;
    for (const [word, fits] of set) if (!fits(row) && ++fails) { failed = word; if (fails > 1) break; }
    if (!fails) { fitting.push(row); for (const word of facets.keys()) count(word, row); }
    else if (fails === 1 && facets.has(failed)) count(failed, row);
  }
  return { fitting, counts };
};

const selects = new Map([...["type", "actor", "place", "status"].filter((name) => has(`f-${name}`)).map((name) => [name, $(`f-${name}`)]), ...chosen.map(({ node, word }) => [word, node])]);
const options = (word, groups) => {
  const select = selects.get(word);
  select.append(el("option", { value: "" }, "all"));
  for (const [title, some] of groups) {
    const into = title ? el("optgroup", { label: title }) : select;
    for (const [name, label] of some) into.append(el("option", { value: name, "data-label": label }, label));
    if (title) select.append(into);
  }
};
// Values that occur and their labels; where there are many, the most frequent first.
const distinct = (of, labelled = (name) => name) => {
  const counts = new Map();
  for (let row = 0; row < data.rows; row++) for (const name of new Set(of(row))) counts.set(name, (counts.get(name) || 0) + 1);
  const found = [...counts.keys()].map((name) => [name, labelled(name)]);
  found.sort(found.length > 60 ? (a, b) => counts.get(b[0]) - counts.get(a[0]) : (a, b) => (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0));
  return found.slice(0, 500);
};
const coded = (name) => distinct((row) => values(name, row), (code) => labelOf(name, code));
const showCounts = (counts) => {
  for (const [word, select] of selects) {
    for (const option of select.querySelectorAll("option[data-label]")) {
      const count = counts.get(word).get(option.value) || 0;
      option.textContent = `${option.dataset.label} (${count.toLocaleString("en")})`;
      option.hidden = !count && option.value !== state[word];
    }
  }
  const active = [...FILTERS.filter((name) => name !== "q"), ...chosen.map(({ word }) => word)].filter((word) => state[word]).length;
  $("active").textContent = active ? `: ${active} set` : "";
};

// A truncated or mistyped address may not be valid.
const decoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
const read = () => {
  const view = location.hash.startsWith("#?");
  if (!view && document.getElementById(decoded(location.hash.slice(1)))) return false;
  state = view ? Object.fromEntries(new URLSearchParams(location.hash.slice(2))) : {};
  fill();
  return true;
};
// The controls show what the state says.
const fill = () => {
  for (const name of FILTERS) $(`f-${name}`).value = state[name] || "";
  for (const { node, word } of chosen) {
    node.value = state[word] || "";
    if (state[word]) node.closest("details").open = true;
  }
  $("f-sort").value = state.sort || "";
  document.body.classList.toggle("machine-names", state.names === "1");
};
const addressOf = (view) => {
  const said = new URLSearchParams(Object.entries(view).filter(([, v]) => v)).toString();
  return said ? `#?${said}` : location.pathname + location.search;
};
// The browser's Back undoes a choice; while somebody types, the address only follows.
const write = (back = false) => {
  const address = addressOf(state);
  if (back && address !== location.hash) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
};
// A picture that is clicked sets a filter; an empty value takes it away.
const setFilter = (word, value) => {
  state[word] = value;
  write(true);
  fill();
  show();
};
