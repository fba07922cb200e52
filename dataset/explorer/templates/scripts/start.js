if (has("f-type")) options("type", roles.type.map((name) => [roles.type.length > 1 ? titled(name) : "", coded(name)]));
if (has("f-actor")) options("actor", [["", distinct(actorsOf)]]);
if (has("f-place")) options("place", [["", distinct(placesOf)]]);
if (has("f-status")) options("status", [["", distinct((row) => [status(row)], capital)]]);
for (const { name, word } of chosen) options(word, [["", coded(name)]]);
if (parts.timeline) {
  const known = [];
  for (let row = 0; row < data.rows; row++) for (const day of [start(row), lastDay(row)]) if (/^\d{4}-\d\d-\d\d$/.test(day)) known.push(day);
  const first = known.reduce((a, b) => (a < b ? a : b), known[0]), last = known.reduce((a, b) => (a > b ? a : b), known[0]);
  if (first) for (const name of ["f-from", "f-to"]) { $(name).min = first; $(name).max = last; }
}
const filtering = (node, word, event) => node.addEventListener(event, () => { state[word] = node.value; write(word !== "q"); show(); });
for (const name of FILTERS) filtering($(`f-${name}`), name, name === "q" ? "input" : "change");
for (const { node, word } of chosen) filtering(node, word, "change");
filtering($("f-sort"), "sort", "change");
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("reset", (event) => {
  event.preventDefault();
  state = { row: state.row, names: state.names };
  write(true);
  fill();
  show();
});
$("download").addEventListener("click", download);
for (const button of document.querySelectorAll(".get")) button.addEventListener("click", download);
document.querySelector("#list").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.target.tagName !== "BUTTON" || !event.target.dataset.row) return;
  const buttons = [...document.querySelectorAll("#list tbody button")];
  const next = buttons[buttons.indexOf(event.target) + step];
  if (next) { next.focus(); choose(next.dataset.row, false, false); }
  event.preventDefault();
});
// The whole line of a row opens it, but not where somebody selects its text.
document.querySelector("#list tbody").addEventListener("click", (event) => {
  const line = event.target.closest("tr");
  if (line && !event.target.closest("button") && getSelection().isCollapsed) choose(line.dataset.row);
});
const follow = () => { if (read()) show(); };
window.addEventListener("popstate", follow);
let width = innerWidth;
window.addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; draw(); } });
read();
show();
if (state.row) presenting.then(() => { if (narrow.matches) $("detail").scrollIntoView({ behavior: "instant" }); });
window.ready = () => Promise.all([drawn, presenting]).then(() => true);
