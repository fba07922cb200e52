// "at least 121 civilians were killed in one event": what one number says needs no picture.
const whoDied = (row, number) => {
  const civilians = value(part(roles.deaths, "civilians"), row);
  const civil = civilians !== null && [lowest(row), likely(row)].includes(civilians);
  return civil ? (number === 1 ? "civilian" : "civilians") : number === 1 ? "person" : "people";
};
const unknownDeaths = (some, others) => {
  if (!some.length) return "";
  const counts = new Map();
  for (const row of some) counts.set(status(row), (counts.get(status(row)) || 0) + 1);
  if (counts.size === 1) {
    const [said] = counts.keys(), all = some.length === 1 ? `the ${others ? "other " : ""}${layout.one}` : `${others ? "the other" : "all"} ${inWords(some.length)} ${others ? "" : layout.several}`.trim();
    return `deaths are ${said} in ${all}`;
  }
  const each = [...counts].sort((a, b) => b[1] - a[1]).map(([said, number]) => `${said} in ${inWords(number)}`);
  return `deaths are ${each.slice(0, -1).join(", ")} and ${each.at(-1)}${others ? " of the others" : ""}`;
};
const capitalised = (said) => said.charAt(0).toUpperCase() + said.slice(1);
const deathsInWords = (known, without) => {
  const said = [];
  if (known.length) {
    const number = deaths(known[0]), many = known.length === 1 ? `one ${layout.one}` : `each of ${inWords(known.length)} ${layout.several}`;
    const single = number === "1" || number === "at least 1" || number === "at most 1";
    said.push(number === "0" ? `nobody was killed in ${many}` : `${number} ${whoDied(known[0], single ? 1 : 2)} ${single ? "was" : "were"} killed in ${many}`);
  }
  const rest = unknownDeaths(without, known.length > 0);
  return `${capitalised([...said, rest].filter((x) => x).join("; "))}.`;
};
const DEADLIEST = 24;

const fatal = () => {
  const known = rows.filter((row) => deaths(row) !== null), without = rows.filter((row) => deaths(row) === null);
  const most = (row) => highest(row) ?? likely(row) ?? lowest(row);
  const listed = [...known].sort((a, b) => most(b) - most(a)).slice(0, DEADLIEST);
  const told = [...listed, ...without].slice(0, SHOWN).map((row) => ({
    label: label(row), lowest: lowest(row), best: likely(row), highest: highest(row), words: value(roles.deaths.words, row) ?? (deaths(row) === null ? status(row) : ""),
  }));
  alternative("fatalities", told, ["label", "lowest", "best", "highest", ...(roles.deaths.words || layout.status ? ["words"] : [])]);
  if (!rows.length) return nothing("fatalities");
  if (new Set(known.map(deaths)).size < 2) return filled("fatalities", "", el("p", { class: "sentence" }, deathsInWords(known, without)));
  const top = Math.max(1, ...listed.map(most)), far = top * 1.04, at = (number) => number / far;
  const lines = listed.map((row) => {
    const low = lowest(row) ?? likely(row) ?? 0, high = highest(row) ?? likely(row) ?? low, colour = colourOf(typeOf(row));
    const open = highest(row) === null && lowest(row) !== null;
    const bar = el("span", { class: open ? "range open" : "range", style: `left:${percent(at(low))};width:${open ? "2.6rem" : percent(at(high) - at(low))};--type:${colour}` });
    const guess = likely(row) ?? (open || low === high ? low : null);
    const dot = guess === null ? null : el("span", { class: "guess", style: `left:${percent(at(guess))};--type:${colour}` });
    return mark(el("button", { type: "button", class: "line", "data-of": id(row) }, lineName(row), el("span", { class: "track" }, bar, dot),
      el("span", { class: "aside" }, deaths(row))), ofRow(row));
  });
  const places = nice(top).map((n) => ({ at: at(n), text: n.toLocaleString("en") }));
  const rest = unknownDeaths(without, true);
  filled("fatalities", `Deaths in ${counted(listed.length)}${listed.length < known.length ? ", those with the most" : ""}; the same is in the table below it.`,
    legend(listed), el("div", { class: "lines numbers" }, axis(places), ...lines),
    listed.length < known.length ? el("p", { class: "hint" }, `The ${DEADLIEST} with the most deaths of ${counted(known.length)} with a number.`) : null,
    rest ? el("p", { class: "hint" }, `${capitalised(rest)}: unknown, not 0.`) : null);
};
