/** Before the differences: who has filed what, which two can be compared, and how far they agree. */

import { el, fill } from "./dom.js";

/** Show who has filed what; `open(pair)` is called with the one that is chosen. */
export function showPairs(parent, answer, open) {
  const { pairs, coders } = answer;
  fill(parent, el("div", { class: "before" },
    el("h2", {}, "Codings to adjudicate"),
    pairs.length
      ? el("ul", { class: "pairs" }, pairs.map((pair) => el("li", {}, pairCard(pair, open))))
      : el("p", {}, "No two coders have filed the same document yet. As soon as two have, they are listed here."),
    el("h2", {}, "Who has filed what"),
    coders.length ? filedTable(coders) : el("p", {}, "Nobody has filed anything yet."),
    el("p", { class: "soft" }, "What only one coder has filed, and what nobody has filed yet, is shown to nobody else.")));
}

function pairCard(pair, open) {
  const { first, second, documents, decisions, decided } = pair;
  const titles = documents.map((one) => one.title || one.id);
  const progress = !decisions ? "not begun" : decided === decisions ? `all ${decisions} decided` : `${decided} of ${decisions} decided`;
  return el("article", { class: "pair" },
    el("h3", {}, `${first} and ${second}`),
    el("p", { dir: "auto" }, titles.slice(0, 3).join("; "), titles.length > 3 ? ` and ${titles.length - 3} more` : ""),
    pair.own
      ? el("p", { class: "soft" }, "You are one of the two: somebody else decides between you.")
      : el("p", { class: "foot" }, el("span", { class: "soft" }, progress),
        el("button", { type: "button", class: "main", on: { click: () => open(pair) } }, "Open", el("span", { class: "unseen" }, ` ${first} and ${second}`))));
}

function filedTable(coders) {
  const documents = new Map(coders.flatMap((coder) => coder.documents.map((one) => [one.id, one.title])));
  const on = new Map(coders.map((coder) => [coder.name, new Map(coder.documents.map((one) => [one.id, one.filed_on]))]));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Who has filed what" }, el("table", {},
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Document"), coders.map((coder) => el("th", { scope: "col" }, coder.name)))),
    el("tbody", {}, [...documents].map(([id, title]) => el("tr", {},
      el("th", { scope: "row", dir: "auto" }, title || id, title ? el("small", {}, ` ${id}`) : null),
      coders.map((coder) => el("td", {}, on.get(coder.name).get(id) ?? el("span", { class: "soft" }, "–"))))))));
}

/** Show how far two coders agree; `decide()` is called to go on. */
export function showAgreement(parent, pair, found, decide) {
  const [first, second] = [pair.first, pair.second];
  const begun = pair.decisions > 0;
  const left = pair.decisions - pair.decided;
  const verb = !begun ? "Decide the differences" : left ? `Go on: ${left} open` : "See the decisions";
  fill(parent, el("div", { class: "before" },
    el("h2", {}, `How far ${first} and ${second} agree`),
    el("p", {}, `${count(found.differences, "value is", "values are")} coded differently; ${count(found.partial, "row", "rows")} only one of them has, as far as the program can match them. Measured on what was filed, before anything is decided: the same numbers as `, el("code", {}, `eventbook agree ${first} ${second}`), "."),
    el("p", { class: "foot" }, el("button", { type: "button", class: "main", id: "decide", on: { click: decide } }, verb, " ", el("kbd", {}, "Enter"))),
    el("h3", {}, "What both found"),
    scroll("What both found", unitsTable(found, first, second)),
    found.no_common.length ? el("p", { class: "soft" }, `Nothing in common, so no values to compare: ${found.no_common.join(", ")}.`) : null,
    el("h3", {}, "The values, variable by variable"),
    scroll("The values, variable by variable", variablesTable(found)),
    el("p", { class: "soft" }, "Small n: few rows, and one more or less moves the coefficient much. Alpha and kappa compare with chance; where all values are one there is none.")));
}

function scroll(label, table) {
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);
}

function unitsTable(found, first, second) {
  const heads = ["", "both", `only ${first}`, `only ${second}`, "F1", "alpha-U", "alpha-U, quoted or not"];
  const rows = found.units.map((one) => {
    const [counts] = one.pairs;
    return row(one.title, [counts.both, counts.first_only, counts.second_only, number(counts.f1), number(one.alpha_u), number(one.alpha_u_binary)]);
  });
  return el("table", { class: "numbers" }, head(heads), el("tbody", {}, rows));
}

function variablesTable(found) {
  const heads = ["", "n", "valued", "agree", "alpha", "95 % interval", "kappa", "note"];
  const tables = [...new Set(found.variables.map((one) => one.table))];
  const bodies = tables.map((table) => {
    const of = found.variables.filter((one) => one.table === table);
    return el("tbody", {}, el("tr", {}, el("th", { scope: "rowgroup", colspan: String(heads.length), class: "group" }, of[0].table_title)),
      of.map((one) => row(one.title, [
        one.n, one.valued, one.per_cent === null ? "–" : `${one.per_cent.toFixed(0)} %`, number(one.alpha),
        one.interval ? `${number(one.interval[0])} to ${number(one.interval[1])}` : "–", number(one.kappa), one.note], one.alpha !== null && one.alpha < 0.67)));
  });
  return el("table", { class: "numbers" }, head(heads), bodies);
}

function head(heads) {
  return el("thead", {}, el("tr", {}, heads.map((text) => (text ? el("th", { scope: "col" }, text) : el("td", {})))));
}

function row(title, cells, low = false) {
  return el("tr", { class: low ? "low" : undefined }, el("th", { scope: "row" }, title), cells.map((cell) => el("td", {}, String(cell))));
}

function number(value) {
  return value === null || value === undefined ? "–" : value.toFixed(2);
}

function count(n, one, several) {
  return `${n} ${n === 1 ? one : several}`;
}
