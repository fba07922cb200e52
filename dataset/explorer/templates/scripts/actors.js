// Pairs of actors by type: who, to whom, and the rows.
const FEWEST = 3, EACH = 12;
const actorPairs = (some) => {
  const found = new Map();
  for (const row of some) {
    const [from, ...targets] = sides.map((side) => side.one(row));
    for (const to of targets) {
      if (from === null || to === null || to === from) continue;
      const key = JSON.stringify([from, to, typeOf(row)]);
      if (!found.has(key)) found.set(key, { from, to, type: typeOf(row), rows: [] });
      found.get(key).rows.push(row);
    }
  }
  return [...found.values()].sort((a, b) => b.rows.length - a.rows.length);
};
// A name in two lines: a long one is shortened in its middle, unless two would then be the same.
const shortened = (names, most) => {
  const short = (name) => (name.length <= most ? name : `${name.slice(0, Math.ceil(most * 0.62)).replace(/[\s,;]+\S*$/, "")} \u2026 ${name.slice(-Math.floor(most * 0.34)).replace(/^\S*\s+/, "")}`);
  const seen = new Map();
  for (const name of names) seen.set(short(name), (seen.get(short(name)) || 0) + 1);
  return new Map(names.map((name) => [name, seen.get(short(name)) > 1 ? name : short(name)]));
};
const ofPair = (pair) => {
  const title = `${pair.from} \u2192 ${pair.to}`;
  return {
    rows: pair.rows,
    tip: () => [title, typed ? pair.type : null, counted(pair.rows.length)].filter((x) => x),
    act: (node) => (pair.rows.length === 1 ? openEvent(pair.rows[0], node) : listRows($("pair-rows"), title, pair.rows, node)),
  };
};
const pairList = (pairs) => el("ul", { class: "actor-pairs" }, ...pairs.slice(0, SHOWN).map((pair) => el("li", {},
  el("i", { style: `background:${colourOf(pair.type)}` }),
  mark(el("button", { type: "button" }, bdi(pair.from), " \u2192 ", bdi(pair.to)), ofPair(pair)),
  el("small", {}, [typed ? pair.type : null, counted(pair.rows.length)].filter((x) => x).join(", ")))));

// Who is on the left, to whom on the right; lines are between them and cross no name.
const flows = (pairs, wide) => {
  const ranked = (word) => {
    const weight = new Map();
    for (const pair of pairs) weight.set(pair[word], (weight.get(pair[word]) || 0) + pair.rows.length);
    return [...weight].sort((a, b) => b[1] - a[1]).slice(0, EACH);
  };
  const left = ranked("from"), fromAt = new Map(left.map(([name], n) => [name, n]));
  const drawn = pairs.filter((pair) => fromAt.has(pair.from));
  const right = ranked("to").filter(([name]) => drawn.some((pair) => pair.to === name));
  // In the order of those on the left, so that few lines cross.
  const centre = (name) => { const mine = drawn.filter((pair) => pair.to === name); return mine.reduce((sum, pair) => sum + fromAt.get(pair.from) * pair.rows.length, 0) / mine.reduce((sum, pair) => sum + pair.rows.length, 0); };
  right.sort((a, b) => centre(a[0]) - centre(b[0]));
  const toAt = new Map(right.map(([name], n) => [name, n])), shown = drawn.filter((pair) => toAt.has(pair.to));
  const row = 52, high = row * Math.max(left.length, right.length), middle = Math.max(120, wide * 0.3);
  const y = (n, all) => (n + 0.5 + (Math.max(left.length, right.length) - all) / 2) * row;
  const most = Math.max(...shown.map((pair) => pair.rows.length)), thick = (pair) => 2 + 7 * Math.sqrt(pair.rows.length / Math.max(most, 12));
  // The lines that begin or end at one name lie side by side there.
  const slots = (name, word, other, places) => {
    const mine = shown.filter((pair) => pair[word] === name).sort((a, b) => places.get(a[other]) - places.get(b[other]));
    return new Map(mine.map((pair, n) => [pair, (n - (mine.length - 1) / 2) * Math.min(9, (row - 14) / mine.length)]));
  };
  const starts = new Map(left.map(([name]) => [name, slots(name, "from", "to", toAt)]));
  const ends = new Map(right.map(([name]) => [name, slots(name, "to", "from", fromAt)]));
  const lines = shown.map((pair) => {
    const y1 = y(fromAt.get(pair.from), left.length) + starts.get(pair.from).get(pair), y2 = y(toAt.get(pair.to), right.length) + ends.get(pair.to).get(pair);
    const tip = middle - 9, path = `M2,${y1} C${middle / 2},${y1} ${middle / 2},${y2} ${tip},${y2}`;
    return mark(svg("g", { style: `--type:${colourOf(pair.type)}` }, svg("path", { d: path, class: "hit" }), svg("path", { d: path, class: "flow", "stroke-width": thick(pair).toFixed(1) }),
      svg("path", { d: `M${middle},${y2} l-10,-5.5 l0,11 z`, class: "head" })), ofPair(pair));
  });
  const column = (word, some) => {
    const texts = shortened(some.map(([name]) => name), 64);
    return el("ul", { class: `ends ${word}` }, ...some.map(([name, number]) => el("li", { style: `height:${row}px`, title: name }, el("span", {}, bdi(texts.get(name))), el("small", {}, number.toLocaleString("en")))));
  };
  const missing = pairs.length - shown.length;
  return [
    el("div", { class: "flows" }, el("p", { class: "side" }, "Who"), el("p", { class: "side to" }, "To whom"), column("from", left), svg("svg", { width: middle, height: high, viewBox: `0 0 ${middle} ${high}` }, ...lines), column("to", right)),
    missing ? el("p", { class: "hint" }, `The ${EACH} most frequent on each side; ${missing.toLocaleString("en")} more pairs are in the table.`) : null,
  ];
};

const network = () => {
  const pairs = actorPairs(rows);
  $("pair-rows").replaceChildren();
  alternative("network", pairs.map((pair) => ({ from: pair.from, to: pair.to, type: pair.type, count: pair.rows.length })), ["from", "to", ...(typed ? ["type"] : []), "count"]);
  if (!pairs.length) return nothing("network");
  const wide = picture("network").clientWidth, few = wide < 640 || new Set(pairs.map((pair) => `${pair.from}\n${pair.to}`)).size < FEWEST;
  const some = pairs.flatMap((pair) => pair.rows);
  filled("network", `Who did what to whom: ${pairs.length.toLocaleString("en")} pairs; the same is in the table below it.`, legend(some), ...(few ? [pairList(pairs)] : flows(pairs, wide)));
  if (few) document.querySelector("#actors .how").hidden = true;
};
