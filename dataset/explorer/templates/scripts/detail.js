// One row is always open: the chosen one, else that of the rows shown with the most deaths.
const telling = () => {
  const number = (row) => (parts.fatalities ? likely(row) ?? lowest(row) ?? highest(row) ?? -1 : -1);
  const found = rows.reduce((most, row) => (most === null || number(row) > number(most) ? row : most), null);
  return found === null ? undefined : id(found);
};
let most;
const opened = () => state.row || most;
const choose = (key, scroll = true, back = true) => {
  state.row = key;
  write(back);
  present(scroll);
};

// Point at a value and its words light up; point at words and their values do.
const light = (names, on) => {
  let first = null;
  for (const node of document.querySelectorAll("#detail [data-of]")) {
    if (!node.dataset.of.split(" ").some((name) => names.includes(name))) continue;
    node.classList.toggle("lit", on);
    if (node.tagName === "MARK") first ??= node;
  }
  return first;
};
const pointing = (node, names, reached) => {
  node.dataset.of = names.join(" ");
  if (reached) node.tabIndex = 0;
  const on = () => {
    const first = light(names, true), box = first && first.closest(".text");
    // The words come into view within the document only; the page does not move.
    if (box && !box.contains(node)) box.scrollTop += first.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 3;
  };
  const off = () => light(names, false);
  for (const [event, what] of [["mouseenter", on], ["mouseleave", off], ["focusin", on], ["focusout", off]]) node.addEventListener(event, what);
  return node;
};
const byVariable = (() => {
  const order = [...variables.keys()];
  return (a, b) => order.indexOf(a) - order.indexOf(b);
})();
const variableName = (name) => el("span", { class: "name" }, defined(name, titleFor(name)), el("code", { class: "machine" }, name));
const valueRow = (name, row, reached, basis) => {
  const said = (variables.get(name) || {}).day ? dayInWords(shown(name, row)) : shown(name, row);
  return pointing(el("div", { class: "value" }, el("dt", {}, variableName(name), basis ? el("small", { class: "basis" }, inSentence(basis)) : null), el("dd", {}, said === null ? unknown() : bdi(said))), [name], reached);
};
// Values with the same basis and reason have them once.
const reasoned = (some, row, reached) => {
  const groups = new Map();
  for (const proof of some) {
    const key = JSON.stringify([proof.basis, proof.because]);
    if (!groups.has(key)) groups.set(key, { ...proof, names: new Set() });
    groups.get(key).names.add(proof.variable);
  }
  return [...groups.values()].map(({ basis, because, names }) => el("div", { class: "group" },
    el("dl", { class: "values" }, ...[...names].sort(byVariable).map((name) => valueRow(name, row, reached, basis))),
    because ? el("p", { class: "reason" }, bdi(because)) : null));
};
const paragraphOf = (proof) => {
  const many = Object.keys(data.documents).length > 1;
  return [many ? `${proof.document}, ` : "", `paragraph ${proof.paragraph}`].join("");
};
// Each quote once, beside all values that it carries, in the order of the document.
const quotedPairs = (quotes, row) => {
  const found = new Map();
  for (const proof of quotes) {
    const key = `${proof.document} ${String(proof.start).padStart(9, "0")} ${String(proof.end).padStart(9, "0")}`;
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(proof);
  }
  return el("div", { class: "coded" }, ...[...found.keys()].sort().map((key) => {
    const some = found.get(key);
    return el("div", { class: "pair" }, el("div", {}, ...reasoned(some, row)),
      pointing(el("p", { class: "words" }, quoted(some[0].words, ...marked(some[0].words, searched())), " ", el("small", {}, paragraphOf(some[0]))), some.map((proof) => proof.variable)));
  }));
};
// The whole documents beside the values.
const documentOf = (quotes, row) => {
  const whole = el("div", { class: "text", tabindex: "0", role: "region", "aria-label": "The document" });
  for (const [name, said] of Object.entries(data.texts)) {
    const own = quotes.filter((proof) => proof.document === name);
    if (!own.length) continue;
    const signs = Array.from(said);
    const edges = [...new Set([0, signs.length, ...own.flatMap((p) => [p.start, p.end])])].sort((a, b) => a - b);
    const block = el("p", { dir: "auto" });
    for (let n = 0; n + 1 < edges.length; n++) {
      const piece = signs.slice(edges[n], edges[n + 1]).join("");
      const over = own.filter((p) => p.start <= edges[n] && p.end >= edges[n + 1]);
      block.append(over.length ? pointing(el("mark", {}, piece), [...new Set(over.map((p) => p.variable))], true) : piece);
    }
    whole.append(block);
  }
  const found = [...new Set(quotes.map((proof) => proof.variable))].sort(byVariable);
  const values = found.flatMap((name) => reasoned(quotes.filter((proof) => proof.variable === name), row, true));
  return el("div", { class: "beside" }, el("div", {}, ...values), whole);
};
const othersOf = (coded, row) => {
  const there = [...columns.keys()].filter((name) => !coded.has(name) && value(name, row) !== null && !layout.key.includes(name));
  if (!there.length) return [];
  const values = el("dl", { class: "values" }, ...there.map((name) => valueRow(name, row)));
  return coded.size ? [el("details", { class: "others" }, el("summary", {}, `All other values (${there.length})`), values)] : [el("h4", {}, "Values"), values];
};

const headOf = (row, quotes) => {
  const title = label(row), key = id(row);
  const rest = title.startsWith(`${key} `) ? title.slice(key.length + 1) : "";
  const where = ["name", "division", "country"].map((word) => part(roles.place, word)).map((name) => (value(name, row) === null ? null : shown(name, row)));
  const places = [...new Set(where.filter((x) => x))].join(", ");
  const when = parts.timeline ? daysInWords(row) : null;
  const sources = [...new Set(quotes.map((proof) => proof.document))].map((name) => data.documents[name]).filter((x) => x);
  const line = (...said) => el("p", {}, ...said);
  return el("div", { class: "head" },
    el("h3", {}, ...(rest ? [el("span", { class: "key" }, bdi(key)), " ", bdi(rest)] : [bdi(title)])),
    who(row) ? el("p", { class: "who" }, bdi(who(row))) : null,
    parts.fatalities ? el("p", { class: deaths(row) === null ? "toll unknown" : "toll" }, toll(row)) : null,
    places || when ? line(places ? bdi(places) : "", places && when ? " \u00b7 " : "", when || "") : null,
    isTotal(row) ? el("p", { class: "kind" }, `A total of several acts, not one ${layout.one}.`) : null,
    ...sources.map((source) => el("p", { class: "source" }, "Source: ", el("cite", {}, bdi(source.title)), source.about ? `, ${source.about}` : "")));
};
const toolsOf = () => el("div", { class: "tools" },
  el("button", { type: "button", class: "back", onclick: backToList }, "\u2190 Back to the list"),
  el("label", { class: "names" }, el("input", { type: "checkbox", ...(state.names === "1" ? { checked: "" } : {}), onchange: (event) => { state.names = event.target.checked ? "1" : ""; write(); fill(); } }), "Machine names"),
  el("button", { type: "button", onclick: () => print() }, "Print"));
const backToList = () => {
  const button = [...document.querySelectorAll("#list tbody button")].find((one) => one.dataset.row === opened());
  (button ? button.closest("tr") : $("table")).scrollIntoView({ block: "center" });
  if (button) button.focus({ preventScroll: true });
};

const narrow = matchMedia("(max-width: 52rem)");
let presented = 0, presenting = Promise.resolve();
const present = (scroll) => {
  const turn = ++presented;
  if (!state.row) most = telling();
  const key = opened(), row = place.get(key);
  for (const line of document.querySelectorAll("#list tbody tr")) {
    line.classList.toggle("chosen", line.dataset.row === key);
    const button = line.querySelector("button");
    if (line.dataset.row === key) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  highlight();
  const detail = $("detail");
  if (row === undefined) {
    detail.replaceChildren(el("p", { class: "hint" }, key === undefined || !data.rows ? `No ${layout.one} is shown.` : `There is no ${layout.one} with this address. Choose one from the list.`));
    return presenting;
  }
  presenting = evidenceOf(key).then(({ quotes, claims }) => {
    if (turn !== presented) return;
    const coded = new Set(quotes.map((proof) => proof.variable));
    const whole = Object.keys(data.texts).length && quotes.length;
    detail.replaceChildren(toolsOf(), headOf(row, quotes),
      ...(quotes.length ? [el("h4", {}, whole ? "Each value, and the document" : "Each value, and the words behind it"), whole ? documentOf(quotes, row) : quotedPairs(quotes, row)] : []),
      ...othersOf(coded, row),
      ...(claims.length ? [el("h4", {}, "Who says what about it"), el("div", { class: "claims" }, ...claimRows(claims))] : []),
      el("p", { class: "address" }, new URL(addressOf({ row: key }), location.href).href));
    detail.scrollTop = 0;
    if (scroll && narrow.matches) detail.scrollIntoView();
  });
  return presenting;
};
