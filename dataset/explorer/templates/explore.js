"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const specs = JSON.parse(document.getElementById("specs").textContent);
  const SHOWN = 200, BARS = 80, HEADS = 18;
  const DAY = 86400000;
  const $ = (id) => document.getElementById(id);
  const has = (id) => document.getElementById(id) !== null;

  // Which columns there are is the codebook's affair: the page asks for what has a role.
  const layout = data.layout, roles = layout.roles, parts = layout.parts;
  const variables = new Map(Object.entries(layout.variables));
  const names = (name) => (variables.get(name) || {}).names;
  const columns = new Map(Object.entries(data.columns));
  // Rows are read from columns: texts that repeat are stored once.
  const at = (column, row) => {
    if (Array.isArray(column)) return column[row];
    const found = column.at[row];
    return found === null ? null : column.texts[found];
  };
  const value = (name, row) => (columns.has(name) ? at(columns.get(name), row) : null);
  const id = (row) => at(data.ids, row);
  const part = (role, word) => (role ? role[word] : "");
  const start = (row) => value(part(roles.interval, "start"), row);
  const end = (row) => value(part(roles.interval, "end"), row);
  const best = (row) => value(part(roles.interval, "best"), row);
  const spot = (row) => ["name", "division", "country"].map((word) => part(roles.place, word)).filter((name) => value(name, row) !== null);
  const sides = roles.sides.map((side) => ({
    one: (row) => value(side.name, row) ?? value(side.actor, row),
    all: (row) => [...values(side.name || side.actor, row), ...values(side.other_names || side.others, row)],
  }));
  const values = (name, row) => {
    const found = value(name, row), separator = (variables.get(name) || {}).separator;
    return found === null ? [] : separator ? String(found).split(separator) : [String(found)];
  };
  // Codes are shown by their labels.
  const labelOf = (name, code) => {
    const labels = (variables.get(name) || {}).labels;
    return labels && Object.hasOwn(labels, code) ? labels[code] : String(code);
  };
  const shown = (name, row) => {
    const named = value(names(name), row), code = value(name, row);
    if (named !== null || code === null) return named;
    const label = values(name, row).map((one) => labelOf(name, one)).join(", ");
    return typeof code === "number" && label !== String(code) ? `${code}: ${label}` : label;
  };
  const inSentence = (label) => (/^\p{Lu}\p{Ll}/u.test(label) ? label[0].toLowerCase() + label.slice(1) : label);
  const total = new Set(layout.totals), sites = layout.exact && new Set(layout.exact);
  const isTotal = (row) => total.has(value(roles.kind, row));
  const place = new Map();
  for (let row = 0; row < data.rows; row++) place.set(id(row), row);
  const by = (some, word) => {
    const found = new Map();
    for (const one of some) {
      const of = one[word];
      if (of === undefined) continue;
      if (!found.has(of)) found.set(of, []);
      found.get(of).push(one);
    }
    return found;
  };
  const proofs = by(data.quotes, "row");
  const claimProofs = by(data.quotes, "claim");
  const claimsAbout = by(data.claims, "about");

  // Everything that comes from the data is set as text, so that no cell can be markup.
  const el = (tag, more = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, said] of Object.entries(more)) {
      if (name === "class") made.className = said;
      else if (name.startsWith("on")) made.addEventListener(name.slice(2), said);
      else made.setAttribute(name, said);
    }
    for (const child of children) {
      if (child === null || child === undefined) continue;
      made.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
    return made;
  };
  const bdi = (text) => el("bdi", { dir: "auto" }, text);
  const unknown = (text = "unknown") => el("span", { class: "unknown" }, text);

  const lastDay = (row) => end(row) ?? start(row);
  const days = (row) => {
    const from = start(row), to = end(row);
    if (from === null) return null;
    return from === to || to === null ? from : `${from} to ${to}`;
  };
  const dayCell = (row) => {
    const said = days(row);
    if (said === null) return [unknown()];
    return said.split(" to ").flatMap((day, n) => [n ? " to " : null, el("span", { class: "day" }, day)]);
  };
  const number = (word) => (row) => value(part(roles.deaths, word), row);
  const lowest = number("low"), likely = number("best"), highest = number("high");
  const deaths = (row) => {
    const low = lowest(row), best = likely(row), high = highest(row);
    if (low === null && best === null && high === null) return null;
    if (low !== null && low === high) return String(low);
    const range = high === null ? (low === null ? "" : `at least ${low}`) : low === null ? `at most ${high}` : `${low} to ${high}`;
    if (best === null || best === low && high === null) return range;
    return range ? `${range}, best ${best}` : String(best);
  };
  const status = (row) => { const said = value(layout.status, row); return said === null ? "unknown" : inSentence(labelOf(layout.status, said)); };
  const narrowest = (row) => {
    const name = roles.type.findLast((one) => value(one, row) !== null);
    return name === undefined ? null : labelOf(name, value(name, row));
  };
  // What names a row: its id for the key, the next wider type for one that is missing.
  const worded = (name, row) => (layout.key.length === 1 && name === layout.key[0] ? id(row) : roles.type.includes(name) ? narrowest(row) : shown(name, row));
  const head = (row) => layout.heads.map((name) => worded(name, row)).filter((x) => x !== null).join(" ") || id(row);
  const titles = [];
  const seenTitles = new Map();
  for (let row = 0; row < data.rows; row++) {
    const named = roles.caption.length ? roles.caption : layout.key;
    titles.push(named.map((name) => worded(name, row)).filter((x) => x !== null).join(" ") || id(row));
    seenTitles.set(titles[row], (seenTitles.get(titles[row]) || 0) + 1);
  }
  const label = (row) => (seenTitles.get(titles[row]) > 1 ? `${titles[row]} (${id(row)})` : titles[row]);
  const UNKNOWN_TYPE = "type unknown";
  const types = new Map(Object.entries(layout.palette.names));
  const typeOf = (row) => (roles.type.length ? types.get(String(value(roles.type[0], row))) ?? UNKNOWN_TYPE : layout.table);
  const who = (row) => sides.map((side) => side.one(row)).filter((x) => x !== null).join(" \u2192 ");
  const exactness = (row) => {
    const from = start(row), to = lastDay(row);
    if (from === null || end(row) === null) return 0;
    return 1 / Math.sqrt((Date.parse(to) - Date.parse(from)) / DAY + 1);
  };
  const knownPlace = (row) => sites === null || sites.has(String(value(part(roles.point, "precision"), row)));

  // Filters, whose state is the page's fragment, so that a view can be shared.
  const FILTERS = ["q", "type", "actor", "place", "status", "from", "to"].filter((name) => has(`f-${name}`));
  // The other filters are variables of the codebook, which may be called like one of these.
  const chosen = [...document.querySelectorAll("[data-variable]")].map((node) => ({ node, name: node.dataset.variable, word: `is.${node.dataset.variable}` }));
  let state = {}, rows = [];
  const actorsOf = (row) => sides.flatMap((side) => side.all(row)).filter((x) => x);
  const placesOf = (row) => spot(row).map((name) => value(name, row));
  // Found without marks on letters, and with either of the two Turkish letters i.
  const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("\u0131", "i");
  const texts = [];
  for (let row = 0; row < data.rows; row++) {
    const said = [id(row)];
    for (const name of columns.keys()) {
      const cell = value(name, row);
      if (cell === null) continue;
      said.push(cell);
      if ((variables.get(name) || {}).labels) said.push(shown(name, row));
    }
    texts.push(folded(said.join("\n")));
  }
  const fits = (row) => {
    if (state.q && !folded(state.q).split(/\s+/).every((word) => texts[row].includes(word))) return false;
    if (state.type && !roles.type.some((name) => String(value(name, row)) === state.type)) return false;
    if (state.actor && !actorsOf(row).includes(state.actor)) return false;
    if (state.place && !placesOf(row).includes(state.place)) return false;
    if (state.status && status(row) !== state.status) return false;
    if (state.from && roles.interval && (lastDay(row) || "") < state.from) return false;
    if (state.to && roles.interval && (start(row) || "9") > state.to) return false;
    for (const { name, word } of chosen) if (state[word] && !values(name, row).includes(state[word])) return false;
    return true;
  };
  const options = (select, groups) => {
    select.append(el("option", { value: "" }, "all"));
    for (const [title, names] of groups) {
      const into = title ? el("optgroup", { label: title }) : select;
      for (const [name, label] of names) into.append(el("option", { value: name }, label));
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

  // A truncated or mistyped address may not be valid.
  const decoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
  const read = () => {
    const view = location.hash.startsWith("#?");
    if (!view && document.getElementById(decoded(location.hash.slice(1)))) return false;
    state = view ? Object.fromEntries(new URLSearchParams(location.hash.slice(2))) : {};
    for (const name of FILTERS) $(`f-${name}`).value = state[name] || "";
    for (const { node, word } of chosen) {
      node.value = state[word] || "";
      if (state[word] && node.closest("details")) node.closest("details").open = true;
    }
    return true;
  };
  const write = () => {
    const said = new URLSearchParams(Object.entries(state).filter(([, v]) => v)).toString();
    history.replaceState(null, "", said ? `#?${said}` : location.pathname + location.search);
  };

  const tableOf = (rows, names) => {
    const table = el("table", {}, el("thead", {}, el("tr", {}, ...names.map((n) => el("th", { scope: "col" }, n)))));
    const body = el("tbody");
    for (const row of rows) body.append(el("tr", {}, ...names.map((n) => el("td", {}, row[n] === null || row[n] === undefined ? unknown() : bdi(row[n])))));
    table.append(body);
    return table;
  };

  // The cells of the list: one for each role that the table has, then the other columns.
  const titled = (name) => variables.get(name).title;
  const single = (some, name, otherwise) => (some.length === 1 ? titled(name) : otherwise);
  const text = (said) => (said === null || said === "" ? unknown() : bdi(said));
  const cells = [];
  if (parts.timeline) cells.push(["Days", (row) => dayCell(row)]);
  if (roles.type.length) cells.push([single(roles.type, roles.type[0], "Type"), (row) => [narrowest(row) ?? unknown()]]);
  if (sides.length) cells.push([single(sides, roles.sides[0].name || roles.sides[0].actor, "Who, to whom"), (row) => [text(who(row))]]);
  if (roles.place && (roles.place.name || roles.place.division || roles.place.country)) cells.push(["Place", (row) => [text(spot(row).length ? shown(spot(row)[0], row) : null)]]);
  if (parts.fatalities) cells.push(["Deaths", (row) => [deaths(row) ?? unknown(status(row))]]);
  const others = layout.others.map((name) => [titled(name), (row) => [text(shown(name, row))]]);
  const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);
  document.querySelector("#list thead tr").append(...[[capital(layout.one)], ...cells, ...others].map(([title]) => el("th", { scope: "col" }, title)));

  const byKey = layout.heads.every((name) => layout.key.includes(name));
  const showTable = () => {
    const body = document.querySelector("#list tbody");
    body.replaceChildren();
    for (const row of rows.slice(0, SHOWN)) {
      const key = id(row);
      const open = el("button", { type: "button", "data-row": key, class: byKey ? "id" : "caption", onclick: () => choose(key) }, head(row));
      const kind = isTotal(row) ? el("span", { class: "kind" }, "a total") : null;
      body.append(el("tr", key === state.row ? { class: "chosen" } : {}, el("td", {}, open, kind),
        ...cells.map(([, of]) => el("td", {}, ...of(row))), ...others.map(([title, of]) => el("td", { "data-title": title }, ...of(row)))));
    }
    const more = rows.length > SHOWN ? `; the first ${SHOWN} are shown` : "";
    $("count").textContent = `${rows.length.toLocaleString("en")} of ${data.rows.toLocaleString("en")} ${layout.several}${more}`;
  };

  // Point at a value and its words light up; point at words and their values do.
  const light = (names, on) => {
    for (const node of document.querySelectorAll("#detail [data-of]")) {
      const mine = node.dataset.of.split(" ");
      if (mine.some((name) => names.includes(name))) node.classList.toggle("lit", on);
    }
  };
  const pointing = (node, names) => {
    node.dataset.of = names.join(" ");
    node.tabIndex = 0;
    for (const [into, out] of [["mouseenter", "mouseleave"], ["focus", "blur"]]) {
      node.addEventListener(into, () => light(names, true));
      node.addEventListener(out, () => light(names, false));
    }
    return node;
  };
  const wordsOf = (found) => {
    const quotes = new Map();
    for (const proof of found) {
      const key = `${proof.document} ${String(proof.start).padStart(9, "0")} ${proof.end}`;
      if (!quotes.has(key)) quotes.set(key, { ...proof, of: [] });
      quotes.get(key).of.push(proof.variable);
    }
    const list = el("ul", { class: "words" });
    for (const key of [...quotes.keys()].sort()) {
      const quote = quotes.get(key);
      const item = el("li", {}, el("q", { dir: "auto" }, quote.words), " ", el("small", {}, `${quote.document}, paragraph ${quote.paragraph}`));
      list.append(pointing(item, [...new Set(quote.of)]));
    }
    return list;
  };
  const textOf = (found) => {
    const parts = el("div", { class: "text" });
    for (const [name, whole] of Object.entries(data.texts)) {
      const own = found.filter((proof) => proof.document === name);
      if (!own.length) continue;
      const signs = Array.from(whole);
      const edges = [...new Set([0, signs.length, ...own.flatMap((p) => [p.start, p.end])])].sort((a, b) => a - b);
      const block = el("p", { dir: "auto" });
      for (let n = 0; n + 1 < edges.length; n++) {
        const said = signs.slice(edges[n], edges[n + 1]).join("");
        const over = own.filter((p) => p.start <= edges[n] && p.end >= edges[n + 1]);
        block.append(over.length ? pointing(el("mark", {}, said), [...new Set(over.map((p) => p.variable))]) : said);
      }
      parts.append(block);
    }
    return parts;
  };

  const claimCard = (claim) => {
    const quotes = [...new Set((claimProofs.get(claim.id) || []).map((p) => p.words))];
    return el("div", { class: `claim ${claim.against ? "against" : "for"}` },
      el("p", {}, el("strong", {}, bdi(claim.claimant)), ` ${inSentence(claim.act)}`,
        claim.variable ? ` (${claim.variable})` : "", claim.value ? ": " : "", claim.value ? bdi(claim.value) : null),
      el("p", {}, bdi(claim.words || "")),
      quotes.length ? el("p", {}, el("q", { dir: "auto" }, quotes.reduce((a, b) => (a.length >= b.length ? a : b)))) : null,
      el("p", {}, el("small", {}, claim.id)));
  };

  const choose = (key, scroll = true) => {
    state.row = key;
    write();
    present(key, scroll);
  };
  const linked = (name) => {
    const known = variables.get(name);
    return known ? el("a", { href: `#${known.anchor}`, title: known.title }, name) : name;
  };
  const present = (key, scroll) => {
    const row = place.get(key);
    for (const line of document.querySelectorAll("#list tbody tr")) {
      line.classList.toggle("chosen", line.querySelector("button").dataset.row === key);
    }
    const detail = $("detail");
    if (row === undefined) {
      const why = parts.words ? "the words that it was coded from" : "its values";
      detail.replaceChildren(el("p", { class: "hint" }, `Choose one of the ${layout.several} to read ${why}.`));
      return;
    }
    const found = proofs.get(key) || [];
    const heads = [el("h3", {}, label(row)), el("p", {}, [days(row), who(row)].filter((x) => x).join(". "))];
    const table = el("table", { class: "values" }, el("tbody"));
    const order = [...variables.keys()];
    const there = found.length ? [...new Set(found.map((p) => p.variable))].sort((a, b) => order.indexOf(a) - order.indexOf(b)) : [...columns.keys()].filter((n) => value(n, row) !== null);
    for (const name of there) {
      const own = found.filter((p) => p.variable === name);
      const because = own.filter((p) => p.because).map((p) => p.because);
      const bases = [...new Set(own.map((p) => p.basis).filter((x) => x))].join(", ");
      const said = shown(name, row);
      const line = el("tr", {},
        el("th", { scope: "row" }, linked(name)),
        el("td", {}, said === null ? unknown() : bdi(said), bases ? el("small", {}, bases) : null, ...because.map((b) => el("small", {}, bdi(b)))));
      table.firstChild.append(found.length ? pointing(line, [name]) : line);
    }
    const about = claimsAbout.get(key) || [];
    detail.replaceChildren(...heads,
      ...(found.length ? [el("h4", {}, "The words"), Object.keys(data.texts).length ? textOf(found) : wordsOf(found)] : []),
      el("h4", {}, "The values"), table,
      ...(about.length ? [el("h4", {}, "What is said of it"), ...about.map(claimCard)] : []));
    if (scroll && matchMedia("(max-width: 52rem)").matches) detail.scrollIntoView();
  };

  const showClaims = () => {
    const into = $("claim-list");
    if (!into) return;
    for (const [key, claims] of claimsAbout) {
      const row = place.get(key);
      into.append(el("h3", {}, row === undefined ? `Of no coded ${layout.one}` : label(row)));
      const column = (title, some) => el("div", {}, el("h4", {}, title), ...(some.length ? some.map(claimCard) : [el("p", { class: "hint" }, "nobody")]));
      into.append(el("div", { class: "sides" },
        column("Said", claims.filter((c) => !c.against)), column("Denied or disputed", claims.filter((c) => c.against))));
    }
  };

  // Pictures
  const night = matchMedia("(prefers-color-scheme: dark)");
  const config = () => {
    const style = getComputedStyle(document.documentElement);
    const fore = style.getPropertyValue("--fore").trim(), line = style.getPropertyValue("--line").trim();
    const font = "system-ui, 'Noto Sans', 'Noto Sans Arabic', sans-serif";
    return {
      background: "transparent", font,
      axis: { labelColor: fore, titleColor: fore, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 12 },
      legend: { labelColor: fore, titleColor: fore, labelFontSize: 12 }, text: { color: fore, fontSize: 12 },
    };
  };
  const shownTypes = () => new Set(rows.map(typeOf));
  const embed = (name, spec, datasets, said) => {
    const node = document.querySelector(`[data-picture="${name}"]`);
    if (!Object.entries(datasets).some(([set, some]) => set !== "outlines" && some.length)) {
      // An empty picture looks like a result, and Vega fails on it.
      node.removeAttribute("role");
      node.removeAttribute("aria-label");
      node.replaceChildren(el("p", { class: "hint" }, `Nothing to draw of the ${layout.several} that are shown.`));
      return Promise.resolve();
    }
    const narrow = node.clientWidth < 560;
    const made = structuredClone(specs[spec]);
    const own = made.config || {};
    made.config = { ...config(), ...own, view: { stroke: null } };
    if (narrow) made.config.axis = { ...made.config.axis, labelLimit: 110 };
    made.datasets = datasets;
    if (narrow) for (const layer of made.layer || []) if (layer.encoding && layer.encoding.y && layer.encoding.y.axis) layer.encoding.y.axis.labelLimit = 110;
    for (const layer of made.layer || [made]) {
      const colour = layer.encoding && layer.encoding.color;
      if (!colour || !colour.legend) continue;
      if (narrow) colour.legend.columns = 1;
      colour.legend.values = colour.scale.domain.filter((type) => shownTypes().has(type));
    }
    if (narrow && name === "network") for (const layer of made.layer) {
      if (layer.mark.limit) layer.mark.limit = 95;
      if (layer.encoding.x.scale) layer.encoding.x.scale.domain = [-2.6, 2.6];
    }
    made.autosize = { type: "fit-x", contains: "padding" };
    return vegaEmbed(node, made, { actions: false, renderer: "svg", logLevel: 1 }).then((view) => {
      node.setAttribute("role", "img");
      node.removeAttribute("aria-roledescription");
      node.setAttribute("aria-label", said);
      const picture = node.querySelector("svg");
      if (picture) picture.setAttribute("aria-hidden", "true");
      return view;
    });
  };
  const alternative = (name, rows, names) => document.querySelector(`[data-rows="${name}"]`).replaceChildren(tableOf(rows.slice(0, SHOWN), names));

  const timeline = () => {
    const dated = rows.filter((row) => !isNaN(Date.parse(start(row))));
    const undated = rows.length - dated.length;
    $("undated").textContent = undated ? `${undated.toLocaleString("en")} of these ${layout.several} have no day that can be read, and are not drawn here.` : "";
    const all = dated.map((row) => ({
      label: label(row), start: start(row), end: new Date(Date.parse(lastDay(row)) + DAY).toISOString().slice(0, 10),
      best: best(row) && best(row) + "T12:00:00Z", from: start(row), to: lastDay(row),
      known: days(row) === start(row) ? "to the day" : "an interval", total: isTotal(row), sure: exactness(row),
      type: typeOf(row), who: who(row), part: roles.part_of ? String(value(roles.part_of, row) ?? id(row)) : "", id: id(row),
    }));
    // What a total contains is right below it.
    all.sort((a, b) => a.part.localeCompare(b.part) || (b.total - a.total) || a.start.localeCompare(b.start));
    const said = `Timeline of ${dated.length} ${layout.several}; the same is in the table below it.`;
    if (all.length > BARS) {
      const counts = new Map();
      for (const bar of all) {
        const key = `${bar.start.slice(0, 7)}|${bar.type}`;
        counts.set(key, (counts.get(key) || 0) + 1);
      }
      const months = [...counts].map(([key, count]) => ({ month: `${key.split("|")[0]}-01`, name: key.split("|")[0], type: key.split("|")[1], count }));
      alternative("timeline", months.sort((a, b) => a.name.localeCompare(b.name)), ["name", "type", "count"]);
      return embed("timeline", "months", { months }, said);
    }
    alternative("timeline", all, ["label", "from", "to", ...(part(roles.interval, "best") ? ["best"] : []), ...(sides.length ? ["who"] : [])]);
    return embed("timeline", "timeline", { timeline: all }, said);
  };
  const map = () => {
    const spots = new Map();
    let without = 0;
    for (const row of rows) {
      const latitude = value(roles.point.latitude, row), longitude = value(roles.point.longitude, row);
      if (latitude === null || longitude === null) { without++; continue; }
      const sure = knownPlace(row);
      const key = `${latitude} ${longitude} ${sure} ${typeOf(row)}`;
      if (!spots.has(key)) spots.set(key, { latitude, longitude, sure, type: typeOf(row), place: spot(row).length ? shown(spot(row)[0], row) : null, rows: 0, named: [] });
      const one = spots.get(key);
      one.rows++;
      if (one.named.length < 6) one.named.push(head(row));
    }
    const all = [...spots.values()].map((s) => ({
      ...s, names: s.named.join(", ") + (s.rows > s.named.length ? " ..." : ""), known: sites === null ? "" : s.sure ? "exactly" : "roughly",
      size: (s.sure ? 60 : spots.size > 100 ? 160 : 900) * (spots.size > 100 ? 0.4 : 1) + (spots.size > 100 ? 6 : 30) * Math.sqrt(s.rows),
    })).sort((a, b) => b.size - a.size);
    const missing = (variables.get(roles.point.latitude) || {}).missing;
    $("nowhere").textContent = without ? `${without} of these ${layout.several} have no point${missing ? `: ${missing}` : ""}.` : "";
    alternative("places", all, ["place", "latitude", "longitude", ...(sites === null ? [] : ["known"]), "rows", "names"]);
    return embed("places", "places", { places: all.slice(0, 3000), outlines: data.outlines }, `Map of ${all.length} places; the same is in the table below it.`);
  };
  const fatal = () => {
    const told = rows.filter((row) => rows.length <= BARS || deaths(row) !== null);
    const all = told.map((row) => ({
      label: label(row), low: lowest(row), high: highest(row), bestNumber: likely(row),
      lowest: lowest(row) ?? "unknown", best: likely(row) ?? "unknown", highest: highest(row) ?? "unknown",
      status: layout.status ? `unknown: ${status(row)}` : "unknown", words: value(roles.deaths.words, row) || "", type: typeOf(row),
    }));
    if (all.length > BARS) all.sort((a, b) => (b.bestNumber ?? b.low ?? 0) - (a.bestNumber ?? a.low ?? 0));
    const listed = all.slice(0, rows.length > BARS ? 40 : BARS);
    alternative("fatalities", listed, ["label", "lowest", "best", "highest", ...(roles.deaths.words ? ["words"] : [])]);
    return embed("fatalities", "fatalities", { fatalities: listed }, `Fatalities of ${listed.length} ${layout.several}${listed.length < rows.length ? ", those with the most" : ""}; the same is in the table below it.`);
  };
  const network = () => {
    const pairs = new Map(), weight = new Map();
    for (const row of rows) {
      const [from, ...targets] = sides.map((side) => side.one(row));
      if (from === null) continue;
      for (const name of [from, ...targets]) if (name !== null) weight.set(name, (weight.get(name) || 0) + 1);
      for (const to of targets) {
        if (to === null || to === from) continue;
        const key = JSON.stringify([from, to, typeOf(row)]);
        pairs.set(key, (pairs.get(key) || 0) + 1);
      }
    }
    const busiest = [...weight.keys()].sort((a, b) => weight.get(b) - weight.get(a)).slice(0, HEADS);
    const circle = new Map(busiest.map((name, n) => [name, [Math.sin(2 * Math.PI * n / busiest.length), Math.cos(2 * Math.PI * n / busiest.length)]]));
    const actors = busiest.map((actor) => ({ actor, x: circle.get(actor)[0], y: circle.get(actor)[1], rows: weight.get(actor) }));
    const seen = new Map(), lines = [];
    for (const [key, count] of pairs) {
      const [from, to, type] = JSON.parse(key);
      if (!circle.has(from) || !circle.has(to)) continue;
      // Several lines between the same two lie side by side.
      const both = [from, to].sort().join("\n"), turn = seen.get(both) || 0;
      seen.set(both, turn + 1);
      const [x1, y1] = circle.get(from), [x2, y2] = circle.get(to), long = Math.hypot(x2 - x1, y2 - y1);
      const aside = (turn % 2 ? -1 : 1) * Math.ceil(turn / 2) * 0.05 * (from < to ? 1 : -1);
      const dx = -(y2 - y1) / long * aside, dy = (x2 - x1) / long * aside;
      lines.push({ from, to, type, count, x: x1 + dx, y: y1 + dy, x2: x2 + dx, y2: y2 + dy,
        xh: x1 + (x2 - x1) * 0.82 + dx, yh: y1 + (y2 - y1) * 0.82 + dy, slope: [x2 - x1, y2 - y1] });
    }
    const node = document.querySelector('[data-picture="network"]');
    const wide = Math.max(1, node.clientWidth - 20), high = 420;
    for (const line of lines) line.angle = Math.atan2(line.slope[0] * wide, line.slope[1] * high) * 180 / Math.PI;
    alternative("network", lines, ["from", "to", "type", "count"]);
    return embed("network", "network", { lines, actors }, `Network of ${actors.length} actors; the same is in the table below it.`);
  };

  let drawn = Promise.resolve();
  const pictures = [parts.timeline && timeline, parts.map && map, parts.fatalities && fatal, parts.actors && network].filter((x) => x);
  const draw = () => { drawn = drawn.then(() => Promise.all(pictures.map((picture) => picture()))); return drawn; };
  const show = () => {
    rows = [];
    for (let row = 0; row < data.rows; row++) if (fits(row)) rows.push(row);
    showTable();
    present(state.row, false);
    draw();
  };

  // A cell that a spreadsheet would run as a formula gets an apostrophe before it.
  const cell = (said) => {
    const text = said === null ? "" : String(said);
    const safe = typeof said === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const download = () => {
    const all = [...columns.keys()];
    const lines = [all.map(cell).join(","), ...rows.map((row) => all.map((name) => cell(value(name, row))).join(","))];
    const url = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
    el("a", { href: url, download: `${layout.table}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };

  const terms = [...document.querySelectorAll(".term")].map((node) => [node, folded(node.textContent)]);
  const look = () => {
    const words = folded($("f-term").value).split(/\s+/).filter((x) => x);
    let shown = 0;
    for (const [node, text] of terms) {
      const fit = words.every((word) => text.includes(word));
      node.hidden = !fit;
      shown += fit;
    }
    $("term-count").textContent = `${shown.toLocaleString("en")} of ${terms.length.toLocaleString("en")} entries`;
  };
  const follow = () => {
    if (read()) return show();
    const node = document.getElementById(decoded(location.hash.slice(1)));
    if (node && node.classList.contains("term")) { node.open = true; node.hidden = false; node.scrollIntoView(); }
  };

  if (has("f-type")) options($("f-type"), roles.type.map((name) => [roles.type.length > 1 ? titled(name) : "", coded(name)]));
  if (has("f-actor")) options($("f-actor"), [["", distinct(actorsOf)]]);
  if (has("f-place")) options($("f-place"), [["", distinct(placesOf, (found) => labelOf(part(roles.place, "country"), found))]]);
  if (has("f-status")) options($("f-status"), [["", distinct((row) => [status(row)])]]);
  for (const { node, name } of chosen) options(node, [["", coded(name)]]);
  const filtering = (node, word, event) => node.addEventListener(event, () => { state[word] = node.value; write(); show(); });
  for (const name of FILTERS) filtering($(`f-${name}`), name, name === "q" ? "input" : "change");
  for (const { node, word } of chosen) filtering(node, word, "change");
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("reset", () => { state = { row: state.row }; write(); setTimeout(show); });
  $("download").addEventListener("click", download);
  $("f-term").addEventListener("input", look);
  document.querySelector("#list").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.target.tagName !== "BUTTON") return;
    const buttons = [...document.querySelectorAll("#list tbody button")];
    const next = buttons[buttons.indexOf(event.target) + step];
    if (next) { next.focus(); choose(next.dataset.row, false); }
    event.preventDefault();
  });
  window.addEventListener("hashchange", follow);
  night.addEventListener("change", draw);
  let width = innerWidth;
  window.addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; draw(); } });
  showClaims();
  look();
  read();
  show();
  follow();
  window.ready = () => drawn.then(() => true);
})();
