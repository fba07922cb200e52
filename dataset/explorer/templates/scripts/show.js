let drawn = Promise.resolve();
const pictures = [parts.timeline && timeline, parts.map && map, parts.fatalities && fatal, parts.actors && network].filter((x) => x);
let waiting = null;
// However many filters change at once, the pictures are drawn once, after the list.
const draw = () => {
  waiting ??= new Promise((done) => setTimeout(() => {
    waiting = null;
    try { for (const one of pictures) one(); highlight(); } finally { done(); }
  }));
  drawn = waiting;
  return drawn;
};
// The first search reads the quotes and claims, where they are in parts, and then looks again.
const readForSearch = () => {
  if (wholeRead || !searched().length) return;
  const said = el("span", { id: "reading" });
  $("count").after(said);
  loadAll((number, count) => { said.textContent = ` Reading the quotes: part ${number + 1} of ${count}`; },
    () => { said.remove(); texts.length = 0; show(); });
};
const show = () => {
  readForSearch();
  const { fitting, counts } = filtered();
  rows = sorted(fitting);
  limit = SHOWN;
  if (!state.row) most = telling();
  showTable();
  showCounts(counts);
  showClaims();
  present(false);
  draw();
};
