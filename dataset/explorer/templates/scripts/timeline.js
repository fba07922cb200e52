// The days, months or years at which an axis has a label, at most so many.
const DAY_STEPS = [1, 2, 3, 7, 14], MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200];
const ticks = (from, to, most) => {
  const span = (to - from) / DAY, step = DAY_STEPS.find((one) => span / one <= most), found = [];
  if (step) {
    const first = Math.ceil(from / DAY);
    for (let day = first; day * DAY < to; day++) {
      // Weeks begin on Monday, and the first day of all, 1 January 1970, was a Thursday.
      if (step < 7 ? (day - first) % step : (day + 3) % step) continue;
      const at = new Date(day * DAY);
      found.push([day * DAY, `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`, at.getUTCFullYear()]);
    }
  } else {
    const months = MONTH_STEPS.find((one) => span / 30.4 / one <= most) ?? 1200;
    const begin = new Date(from);
    for (let n = Math.ceil((begin.getUTCFullYear() * 12 + begin.getUTCMonth()) / months) * months; ; n += months) {
      const at = new Date(0);
      at.setUTCFullYear(Math.floor(n / 12), n % 12, 1);
      if (at >= to) break;
      if (at >= from) found.push([+at, months < 12 ? MONTHS[n % 12] : String(at.getUTCFullYear()), months < 12 ? at.getUTCFullYear() : ""]);
    }
  }
  let before = null;
  return found.map(([at, text, year]) => { const said = year === "" || year === before ? text : `${text} ${year}`; before = year; return { at, text: said }; });
};
const percent = (part) => `${Math.round(part * 1e4) / 100}%`;
const axis = (places) => el("div", { class: "axis", "aria-hidden": "true" }, el("div", {}, ...places.map(({ at, text }) =>
  el("span", { class: at < 0.05 ? "first" : at > 0.95 ? "last" : "", style: `left:${percent(at)}` }, el("b", {}, text)))));
// What names a row, in two lines: the id or name, and the rest.
const lineName = (row) => {
  const [first, ...rest] = (roles.caption.length ? roles.caption : layout.key).map((name) => worded(name, row)).filter((x) => x !== null);
  const whole = label(row), added = whole.startsWith(titles[row]) ? whole.slice(titles[row].length) : "";
  const where = spot(row).length ? shown(spot(row)[0], row) : null;
  const more = rest.length ? rest.join(" ") + added : [daysInWords(row), where].filter((x) => x).join(", ") + added;
  return el("span", { class: "name" }, el("b", {}, bdi(first ?? whole)), ...(more ? [" ", el("span", {}, bdi(more))] : []));
};

const bars = (some) => {
  const from = Math.min(...some.map((row) => Date.parse(start(row))));
  const to = Math.max(...some.map((row) => Date.parse(lastDay(row)) || Date.parse(start(row)))) + DAY;
  const wide = picture("timeline").clientWidth, at = (time) => (time - from) / (to - from);
  const places = ticks(from, to, Math.max(2, (wide < 560 ? wide : wide - 300) / 95)).map(({ at: time, text }) => ({ at: at(time), text }));
  const here = new Set(some.map(id));
  const lines = some.map((row) => {
    const begin = Date.parse(start(row)), end = (Date.parse(lastDay(row)) || begin) + DAY, likely = Date.parse(best(row));
    const bar = el("span", { class: isTotal(row) ? "span total" : "span",
      style: `left:${percent(at(begin))};width:${percent(at(end) - at(begin))};--type:${colourOf(typeOf(row))};--sure:${Math.round(35 + 65 * exactness(row))}%` });
    const day = isNaN(likely) ? null : el("span", { class: "best", style: `left:${percent(at(likely + DAY / 2))}` });
    const within = roles.part_of && here.has(String(value(roles.part_of, row)));
    return mark(el("button", { type: "button", class: within ? "line within" : "line", "data-of": id(row) }, lineName(row), el("span", { class: "track" }, bar, day)), ofRow(row));
  });
  return el("div", { class: "lines" }, axis(places), ...lines);
};

// Too many for a bar each: how many begin in each day, month or year.
const units = (from, to, most) => {
  const months = (time) => new Date(time).getUTCFullYear() * 12 + new Date(time).getUTCMonth();
  const month = (n) => { const made = new Date(0); made.setUTCFullYear(Math.floor(n / 12), n % 12, 1); return +made; };
  const of = (name, at, begin) => ({ name, at, begin });
  if ((to - from) / DAY < Math.min(93, most)) return of("day", (time) => Math.floor(time / DAY), (n) => n * DAY);
  if (months(to) - months(from) < most) return of("month", months, month);
  return of("year", (time) => new Date(time).getUTCFullYear(), (n) => month(n * 12));
};
const nice = (most) => {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, most) / 4)), step = Math.max(1, [1, 2, 5, 10].find((one) => one * power * 4.5 >= most) * power);
  const found = [];
  for (let n = 0; n <= most; n += step) found.push(n);
  return found;
};
const columnsOf = (some) => {
  // With a filter by day, a row that began before it is counted at its first day.
  const clamp = (time) => (state.from && time < Date.parse(state.from) ? Date.parse(state.from) : time);
  const times = some.map((row) => clamp(Date.parse(start(row))));
  const from = times.reduce((a, b) => Math.min(a, b)), to = times.reduce((a, b) => Math.max(a, b));
  const wide = picture("timeline").clientWidth, unit = units(from, to, wide < 560 ? 60 : 150);
  const first = unit.at(from), last = unit.at(to), counts = new Map();
  some.forEach((row, n) => {
    const key = unit.at(times[n]);
    if (!counts.has(key)) counts.set(key, { all: 0, types: new Map() });
    const one = counts.get(key), type = typeOf(row);
    one.all++;
    one.types.set(type, (one.types.get(type) || 0) + 1);
  });
  const most = Math.max(...[...counts.values()].map((one) => one.all)), width = 1 / (last - first + 1);
  const order = Object.keys(layout.palette.colours), listed = [];
  const nodes = [...counts.keys()].sort((a, b) => a - b).map((key) => {
    const begin = dayOf(unit.begin(key)), end = dayOf(unit.begin(key + 1) - DAY), { all, types: shares } = counts.get(key);
    const name = begin.slice(0, { day: 10, month: 7, year: 4 }[unit.name]), there = order.filter((type) => shares.has(type));
    for (const type of there) listed.push({ begins: name, type, count: shares.get(type) });
    const parts = there.map((type) => el("span", { style: `height:${percent(shares.get(type) / all)};background:${colourOf(type)}` }));
    const node = el("button", { type: "button", class: "column", "data-begin": begin, style: `left:${percent((key - first) * width)};width:${percent(width)}` },
      el("span", { style: `height:${percent(all / most)}` }, ...parts.reverse()));
    const split = shares.size > 1 ? there.map((type) => `${type}: ${shares.get(type).toLocaleString("en")}`) : [];
    return mark(node, {
      tip: () => [name, `${counted(all)} begin${all === 1 ? "s" : ""}`, ...split, unit.name === "day" && begin === state.from ? "" : `Choose to see this ${unit.name} alone`].filter((x) => x),
      act: () => { state.from = begin; setFilter("to", end); },
    });
  });
  alternative("timeline", listed, typed ? ["begins", "type", "count"] : ["begins", "count"]);
  const places = ticks(unit.begin(first), unit.begin(last + 1), Math.max(2, wide / 95))
    .map(({ at, text }) => ({ at: (unit.at(at) - first) * width, text }));
  const levels = nice(most).map((n) => el("span", { class: "level", style: `bottom:${percent(n / most)}` }, n.toLocaleString("en")));
  return el("div", { class: "columns" }, el("div", { class: "levels", "aria-hidden": "true" }, ...levels), el("div", { class: "stack" }, ...nodes), axis(places));
};
const wholePeriod = () => {
  if (!state.from && !state.to) return null;
  const said = state.from && state.to && state.from !== state.to ? `${state.from} to ${state.to}` : state.from || `until ${state.to}`;
  return el("p", { class: "zoomed" }, `Shown: ${said}. `, el("button", { type: "button", onclick: () => { state.from = ""; setFilter("to", ""); } }, "Show the whole period"));
};

const timeline = () => {
  const some = rows.filter(dated), undated = rows.length - some.length;
  $("undated").textContent = undated ? `${undated.toLocaleString("en")} of these ${layout.several} have no day that can be read, and are not drawn here.` : "";
  if (!some.length) { alternative("timeline", [], ["label"]); return nothing("timeline"); }
  const part = (row) => (roles.part_of ? String(value(roles.part_of, row) ?? id(row)) : "");
  let drawing;
  if (some.length > BARS) drawing = columnsOf(some);
  else {
    // What a total contains is right below it.
    const key = new Map(some.map((row) => [row, part(row)]));
    some.sort((a, b) => key.get(a).localeCompare(key.get(b)) || isTotal(b) - isTotal(a) || start(a).localeCompare(start(b)));
    drawing = bars(some);
    alternative("timeline", some.map((row) => ({ label: label(row), from: start(row), to: lastDay(row), best: best(row), who: who(row) })),
      ["label", "from", "to", ...(roles.interval.best ? ["best"] : []), ...(sides.length ? ["who"] : [])]);
  }
  for (const one of document.querySelectorAll("#time .how span")) one.hidden = one.dataset.when !== (some.length > BARS ? "columns" : "bars");
  filled("timeline", `Timeline of ${counted(some.length)}; the same is in the table below it.`, legend(some), wholePeriod(), drawing);
};
