"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const specs = JSON.parse(document.getElementById("specs").textContent);
  const SHOWN = 200, BARS = 80, HEADS = 18;
  const DAY = 86400000;
  const AGAINST = new Set(["denies", "disputes", "retracts"]);
  const $ = (id) => document.getElementById(id);

  // Rows are read from columns: texts that repeat are stored once.
  const columns = data.events;
  const value = (name, row) => {
    const column = columns[name];
    if (column === undefined) return null;
    if (Array.isArray(column)) return column[row];
    const at = column.at[row];
    return at === null ? null : column.texts[at];
  };
  const total = new Set(data.aggregates);
  const isTotal = (row) => total.has(value("record_kind", row));
  const place = new Map();
  for (let row = 0; row < data.rows; row++) place.set(value("event_id", row), row);
  const by = (rows, key) => {
    const found = new Map();
    for (const row of rows) {
      const of = row[key];
      if (of === undefined) continue;
      if (!found.has(of)) found.set(of, []);
      found.get(of).push(row);
    }
    return found;
  };
  const proofs = by(data.evidence, "event_id");
  const claimProofs = by(data.evidence, "claim_id");
  const claimsAbout = by(data.claims, "event_id");

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

  const lastDay = (row) => value("date_end", row) ?? value("date_start", row);
  const days = (row) => {
    const from = value("date_start", row), to = value("date_end", row);
    if (from === null) return null;
    return from === to || to === null ? from : `${from} to ${to}`;
  };
  const dayCell = (row) => {
    const said = days(row);
    if (said === null) return [unknown()];
    return said.split(" to ").flatMap((day, n) => [n ? " to " : null, el("span", { class: "day" }, day)]);
  };
  const deaths = (row) => {
    const low = value("fatalities_low", row), best = value("fatalities_best", row), high = value("fatalities_high", row);
    if (low === null && best === null && high === null) return null;
    if (low !== null && low === high) return String(low);
    const range = high === null ? (low === null ? "" : `at least ${low}`) : low === null ? `at most ${high}` : `${low} to ${high}`;
    if (best === null || best === low && high === null) return range;
    return range ? `${range}, best ${best}` : String(best);
  };
  const status = (row) => (value("fatalities_status", row) || "unknown").replaceAll("_", " ");
  const label = (row) => `${value("event_id", row)} ${value("sub_event_type", row) || value("event_type", row) || ""}`.trim();
  const UNKNOWN_TYPE = "type unknown";
  const known = new Set(specs.timeline.layer[0].encoding.color.scale.domain);
  const typeOf = (row) => (known.has(value("event_type", row)) ? value("event_type", row) : UNKNOWN_TYPE);
  const who = (row) => [value("actor1", row), value("actor2", row)].filter((x) => x !== null).join(" \u2192 ");
  const exactness = (row) => {
    const from = value("date_start", row), to = value("date_end", row);
    if (from === null || to === null) return 0;
    return 1 / Math.sqrt((Date.parse(to) - Date.parse(from)) / DAY + 1);
  };
  const knownPlace = (row) => {
    const prec = value("where_prec", row), geo = value("geo_precision", row);
    return prec !== null ? prec <= 1 : geo !== null ? geo <= 1 : false;
  };

  // Filters, whose state is the page's fragment, so that a view can be shared.
  const FILTERS = ["q", "type", "actor", "place", "status", "from", "to"];
  let state = {}, rows = [];
  const actorsOf = (row) => ["actor1", "assoc_actor_1", "actor2", "assoc_actor_2"]
    .flatMap((name) => (value(name, row) || "").split("; ")).filter((x) => x);
  const placesOf = (row) => [value("location", row), value("admin1", row), value("country", row)].filter((x) => x);
  // Found without marks on letters, and with either of the two Turkish letters i.
  const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("\u0131", "i");
  const texts = [];
  for (let row = 0; row < data.rows; row++) {
    texts.push(folded(Object.keys(columns).map((name) => value(name, row)).filter((x) => x !== null).join("\n")));
  }
  const fits = (row) => {
    if (state.q && !folded(state.q).split(/\s+/).every((word) => texts[row].includes(word))) return false;
    if (state.type && value("event_type", row) !== state.type && value("sub_event_type", row) !== state.type) return false;
    if (state.actor && !actorsOf(row).includes(state.actor)) return false;
    if (state.place && !placesOf(row).includes(state.place)) return false;
    if (state.status && status(row) !== state.status) return false;
    if (state.from && (value("date_end", row) || "") < state.from) return false;
    if (state.to && (value("date_start", row) || "9") > state.to) return false;
    return true;
  };
  const options = (id, groups) => {
    const select = $(id);
    select.append(el("option", { value: "" }, "all"));
    for (const [title, names] of groups) {
      const into = title ? el("optgroup", { label: title }) : select;
      for (const name of names) into.append(el("option", { value: name }, name));
      if (title) select.append(into);
    }
  };
  const distinct = (of) => {
    const counts = new Map();
    for (let row = 0; row < data.rows; row++) for (const name of new Set(of(row))) counts.set(name, (counts.get(name) || 0) + 1);
    const names = [...counts.keys()];
    names.sort(names.length > 60 ? (a, b) => counts.get(b) - counts.get(a) : undefined);
    return names.slice(0, 500);
  };

  // An address that somebody cut or mistyped may be no valid one.
  const decoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
  const read = () => {
    const view = location.hash.startsWith("#?");
    if (!view && document.getElementById(decoded(location.hash.slice(1)))) return false;
    state = view ? Object.fromEntries(new URLSearchParams(location.hash.slice(2))) : {};
    for (const name of FILTERS) $(`f-${name}`).value = state[name] || "";
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

  const showTable = () => {
    const body = document.querySelector("#events tbody");
    body.replaceChildren();
    for (const row of rows.slice(0, SHOWN)) {
      const id = value("event_id", row);
      const open = el("button", { type: "button", "data-event": id, onclick: () => choose(id) }, id === null ? "no id" : id);
      const kind = isTotal(row) ? el("span", { class: "kind" }, "a total") : null;
      const number = deaths(row);
      const line = el("tr", id === state.event ? { class: "chosen" } : {},
        el("td", {}, open, kind),
        el("td", {}, ...dayCell(row)),
        el("td", {}, value("sub_event_type", row) || value("event_type", row) || unknown()),
        el("td", {}, who(row) ? bdi(who(row)) : unknown()),
        el("td", {}, value("location", row) ? bdi(value("location", row)) : unknown()),
        el("td", {}, number === null ? unknown(status(row)) : number));
      body.append(line);
    }
    const more = rows.length > SHOWN ? `; the first ${SHOWN} are shown` : "";
    $("count").textContent = `${rows.length.toLocaleString("en")} of ${data.rows.toLocaleString("en")} events${more}`;
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
  const COLUMN = { actor1_id: "actor1", actor2_id: "actor2", location_id: "location", assoc_actor_1_ids: "assoc_actor_1", assoc_actor_2_ids: "assoc_actor_2" };
  const shownValue = (name, row) => value(COLUMN[name] || name, row);

  const wordsOf = (found) => {
    const quotes = new Map();
    for (const proof of found) {
      const key = `${proof.document_id} ${String(proof.start).padStart(9, "0")} ${proof.end}`;
      if (!quotes.has(key)) quotes.set(key, { ...proof, of: [] });
      quotes.get(key).of.push(proof.variable);
    }
    const list = el("ul", { class: "words" });
    for (const key of [...quotes.keys()].sort()) {
      const quote = quotes.get(key);
      const item = el("li", {}, el("q", { dir: "auto" }, quote.quote), " ", el("small", {}, `${quote.document_id}, paragraph ${quote.paragraph}`));
      list.append(pointing(item, [...new Set(quote.of)]));
    }
    return list;
  };
  const textOf = (found) => {
    const parts = el("div", { class: "text" });
    for (const [name, whole] of Object.entries(data.texts)) {
      const own = found.filter((proof) => proof.document_id === name);
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
    const against = AGAINST.has(claim.act);
    const quotes = [...new Set((claimProofs.get(claim.claim_id) || []).map((p) => p.quote))];
    return el("div", { class: `claim ${against ? "against" : "for"}` },
      el("p", {}, el("strong", {}, bdi(claim.claimant || claim.claimant_id)), ` ${claim.act.replaceAll("_", " ")}`,
        claim.about_variable ? ` (${claim.about_variable})` : "", claim.value ? ": " : "", claim.value ? bdi(claim.value) : null),
      el("p", {}, bdi(claim.statement || "")),
      quotes.length ? el("p", {}, el("q", { dir: "auto" }, quotes.reduce((a, b) => (a.length >= b.length ? a : b)))) : null,
      el("p", {}, el("small", {}, claim.claim_id)));
  };

  const choose = (id, scroll = true) => {
    state.event = id;
    write();
    present(id, scroll);
  };
  const present = (id, scroll) => {
    const row = place.get(id);
    for (const line of document.querySelectorAll("#events tbody tr")) {
      line.classList.toggle("chosen", line.querySelector("button").dataset.event === id);
    }
    const detail = $("detail");
    if (row === undefined) {
      detail.replaceChildren(el("p", { class: "hint" }, "Choose an event to read the words that it was coded from."));
      return;
    }
    const found = proofs.get(id) || [];
    const heads = [el("h3", {}, label(row)), el("p", {}, [days(row), who(row)].filter((x) => x).join(". "))];
    const values = el("table", { class: "values" }, el("tbody"));
    const order = Object.keys(columns);
    const names = found.length ? [...new Set(found.map((p) => p.variable))].sort((a, b) => order.indexOf(a) - order.indexOf(b)) : order.filter((n) => value(n, row) !== null);
    for (const name of names) {
      const own = found.filter((p) => p.variable === name);
      const because = own.filter((p) => p.because).map((p) => p.because);
      const bases = [...new Set(own.map((p) => p.basis))].join(", ");
      const shown = shownValue(name, row);
      const line = el("tr", {},
        el("th", { scope: "row" }, el("a", { href: `#events-${name.replaceAll("_", "-")}` }, name)),
        el("td", {}, shown === null ? unknown() : bdi(shown), bases ? el("small", {}, bases) : null, ...because.map((b) => el("small", {}, bdi(b)))));
      values.firstChild.append(found.length ? pointing(line, [name]) : line);
    }
    const about = claimsAbout.get(id) || [];
    detail.replaceChildren(...heads,
      ...(found.length ? [el("h4", {}, "The words"), Object.keys(data.texts).length ? textOf(found) : wordsOf(found)] : []),
      el("h4", {}, "The values"), values,
      ...(about.length ? [el("h4", {}, "What is said of it"), ...about.map(claimCard)] : []));
    if (scroll && matchMedia("(max-width: 52rem)").matches) detail.scrollIntoView();
  };

  const showClaims = () => {
    const into = $("claim-list");
    if (!into) return;
    const about = new Map();
    for (const claim of data.claims) {
      const key = claim.event_id || "";
      if (!about.has(key)) about.set(key, []);
      about.get(key).push(claim);
    }
    for (const [id, claims] of about) {
      const row = place.get(id);
      into.append(el("h3", {}, row === undefined ? "Of no coded event" : label(row)));
      const column = (title, some) => el("div", {}, el("h4", {}, title), ...(some.length ? some.map(claimCard) : [el("p", { class: "hint" }, "nobody")]));
      into.append(el("div", { class: "sides" },
        column("Said", claims.filter((c) => !AGAINST.has(c.act))), column("Denied or disputed", claims.filter((c) => AGAINST.has(c.act)))));
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
      // What is drawn from nothing looks like a finding, and Vega fails on it.
      node.removeAttribute("role");
      node.removeAttribute("aria-label");
      node.replaceChildren(el("p", { class: "hint" }, "Nothing to draw of the events that are shown."));
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
    const dated = rows.filter((row) => !isNaN(Date.parse(value("date_start", row))));
    const undated = rows.length - dated.length;
    $("undated").textContent = undated ? `${undated.toLocaleString("en")} of these events have no day that can be read, and are not drawn here.` : "";
    const all = dated.map((row) => ({
      label: label(row), start: value("date_start", row), end: new Date(Date.parse(lastDay(row)) + DAY).toISOString().slice(0, 10),
      best: value("date_best", row) && value("date_best", row) + "T12:00:00Z", from: value("date_start", row), to: lastDay(row),
      known: days(row) === value("date_start", row) ? "to the day" : "an interval", total: isTotal(row), sure: exactness(row),
      type: typeOf(row), who: who(row), part: value("part_of", row) || value("event_id", row) || "", id: value("event_id", row),
    }));
    // What a total contains stands right below it.
    all.sort((a, b) => a.part.localeCompare(b.part) || (b.total - a.total) || a.start.localeCompare(b.start));
    const said = `Timeline of ${dated.length} events; the same is in the table below it.`;
    if (all.length > BARS) {
      const counts = new Map();
      for (const event of all) {
        const key = `${event.start.slice(0, 7)}|${event.type}`;
        counts.set(key, (counts.get(key) || 0) + 1);
      }
      const months = [...counts].map(([key, count]) => ({ month: `${key.split("|")[0]}-01`, name: key.split("|")[0], type: key.split("|")[1], count }));
      alternative("timeline", months.sort((a, b) => a.name.localeCompare(b.name)), ["name", "type", "count"]);
      return embed("timeline", "months", { months }, said);
    }
    alternative("timeline", all, ["label", "from", "to", "best", "who"]);
    return embed("timeline", "timeline", { timeline: all }, said);
  };
  const map = () => {
    const spots = new Map();
    let without = 0;
    for (const row of rows) {
      const latitude = value("latitude", row), longitude = value("longitude", row);
      if (latitude === null || longitude === null) { without++; continue; }
      const sure = knownPlace(row);
      const key = `${latitude} ${longitude} ${sure} ${typeOf(row)}`;
      if (!spots.has(key)) spots.set(key, { latitude, longitude, sure, type: typeOf(row), place: value("location", row), events: 0, named: [] });
      const spot = spots.get(key);
      spot.events++;
      if (spot.named.length < 6) spot.named.push(value("event_id", row));
    }
    const all = [...spots.values()].map((s) => ({
      ...s, names: s.named.join(", ") + (s.events > s.named.length ? " ..." : ""), known: s.sure ? "exactly" : "roughly",
      size: (s.sure ? 60 : spots.size > 100 ? 160 : 900) * (spots.size > 100 ? 0.4 : 1) + (spots.size > 100 ? 6 : 30) * Math.sqrt(s.events),
    })).sort((a, b) => b.size - a.size);
    $("nowhere").textContent = without ? `${without} of these events have no point, because the words name no place, or only a country.` : "";
    alternative("places", all, ["place", "latitude", "longitude", "known", "events", "names"]);
    return embed("places", "places", { places: all.slice(0, 3000), outlines: data.outlines }, `Map of ${all.length} places; the same is in the table below it.`);
  };
  const fatal = () => {
    const told = rows.filter((row) => rows.length <= BARS || deaths(row) !== null);
    const all = told.map((row) => ({
      label: label(row), low: value("fatalities_low", row), high: value("fatalities_high", row), bestNumber: value("fatalities_best", row),
      lowest: value("fatalities_low", row) ?? "unknown", best: value("fatalities_best", row) ?? "unknown", highest: value("fatalities_high", row) ?? "unknown",
      status: `unknown: ${status(row)}`, words: value("fatalities_words", row) || "", type: typeOf(row),
    }));
    if (all.length > BARS) all.sort((a, b) => (b.bestNumber ?? b.low ?? 0) - (a.bestNumber ?? a.low ?? 0));
    const shown = all.slice(0, rows.length > BARS ? 40 : BARS);
    alternative("fatalities", shown, ["label", "lowest", "best", "highest", "words"]);
    return embed("fatalities", "fatalities", { fatalities: shown }, `Fatalities of ${shown.length} events${shown.length < rows.length ? ", those with the most" : ""}; the same is in the table below it.`);
  };
  const network = () => {
    const pairs = new Map(), weight = new Map();
    for (const row of rows) {
      const from = value("actor1", row), to = value("actor2", row);
      if (from === null) continue;
      for (const name of [from, to]) if (name !== null) weight.set(name, (weight.get(name) || 0) + 1);
      if (to === null || to === from) continue;
      const key = JSON.stringify([from, to, typeOf(row)]);
      pairs.set(key, (pairs.get(key) || 0) + 1);
    }
    const names = [...weight.keys()].sort((a, b) => weight.get(b) - weight.get(a)).slice(0, HEADS);
    const at = new Map(names.map((name, n) => [name, [Math.sin(2 * Math.PI * n / names.length), Math.cos(2 * Math.PI * n / names.length)]]));
    const actors = names.map((actor) => ({ actor, x: at.get(actor)[0], y: at.get(actor)[1], events: weight.get(actor) }));
    const seen = new Map(), lines = [];
    for (const [key, count] of pairs) {
      const [from, to, type] = JSON.parse(key);
      if (!at.has(from) || !at.has(to)) continue;
      // Several lines between the same two lie side by side.
      const both = [from, to].sort().join("\n"), turn = seen.get(both) || 0;
      seen.set(both, turn + 1);
      const [x1, y1] = at.get(from), [x2, y2] = at.get(to), long = Math.hypot(x2 - x1, y2 - y1);
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
  const draw = () => { drawn = drawn.then(() => Promise.all([timeline(), map(), fatal(), network()])); return drawn; };
  const show = () => {
    rows = [];
    for (let row = 0; row < data.rows; row++) if (fits(row)) rows.push(row);
    showTable();
    present(state.event, false);
    draw();
  };

  // A cell that a spreadsheet would run as a formula gets an apostrophe before it.
  const cell = (said) => {
    const text = said === null ? "" : String(said);
    const safe = typeof said === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const download = () => {
    const names = Object.keys(columns);
    const lines = [names.join(","), ...rows.map((row) => names.map((name) => cell(value(name, row))).join(","))];
    const url = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
    el("a", { href: url, download: "events.csv" }).click();
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

  options("f-type", [["Event types", distinct((row) => [value("event_type", row)].filter((x) => x))], ["Sub-event types", distinct((row) => [value("sub_event_type", row)].filter((x) => x))]]);
  options("f-actor", [["", distinct(actorsOf)]]);
  options("f-place", [["", distinct(placesOf)]]);
  options("f-status", [["", distinct((row) => [status(row)])]]);
  for (const name of FILTERS) {
    $(`f-${name}`).addEventListener(name === "q" ? "input" : "change", () => { state[name] = $(`f-${name}`).value; write(); show(); });
  }
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("reset", () => { state = { event: state.event }; write(); setTimeout(show); });
  $("download").addEventListener("click", download);
  $("f-term").addEventListener("input", look);
  document.querySelector("#events").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.target.tagName !== "BUTTON") return;
    const buttons = [...document.querySelectorAll("#events tbody button")];
    const next = buttons[buttons.indexOf(event.target) + step];
    if (next) { next.focus(); choose(next.dataset.event, false); }
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
