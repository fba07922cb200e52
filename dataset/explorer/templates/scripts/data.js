const data = JSON.parse(document.getElementById("data").textContent);
const SHOWN = 200, BARS = 80;
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
// What readers call a variable: the title of the names, where a row has the names of its keys.
const titled = (name) => (variables.get(name) || {}).title ?? name;
const titleFor = (name) => titled(variables.has(names(name)) ? names(name) : name);
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
// Words that begin or end with a quotation mark of their own get no second one beside it.
const MARK = /^["\u201c\u201d\u201e\u00ab\u00bb]|["\u201c\u201d\u201e\u00ab\u00bb]$/;
const quoted = (text, ...inside) => el("q", { dir: "auto", ...(MARK.test(text) ? { class: "bare" } : {}) }, ...(inside.length ? inside : [text]));
const unknown = (text = "unknown") => el("span", { class: "unknown" }, text);

const lastDay = (row) => end(row) ?? start(row);
const days = (row) => {
  const from = start(row), to = end(row);
  if (from === null) return null;
  return from === to || to === null ? from : `${from} to ${to}`;
};
const written = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const dayInWords = (day) => (day === null || isNaN(Date.parse(day)) ? day : written.format(Date.parse(day)));
const daysInWords = (row) => {
  const from = Date.parse(start(row)), to = Date.parse(lastDay(row));
  if (isNaN(from) || isNaN(to) || to < from) return days(row);
  return from === to ? written.format(from) : written.formatRange(from, to).replace(/\s*\u2013\s*/, " to ");
};
const brief = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const dayCell = (row) => {
  const from = Date.parse(start(row)), to = Date.parse(lastDay(row));
  if (isNaN(from) || isNaN(to) || to < from) return [days(row) === null ? unknown() : days(row)];
  const pieces = (from === to ? brief.format(from) : brief.formatRange(from, to)).split(/\s*\u2013\s*/);
  return pieces.flatMap((piece, n) => [n ? " \u2013 " : null, el("span", { class: "day" }, piece)]);
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
// The number of dead as a sentence; a single number is one where it is lowest and highest.
const toll = (row) => {
  const said = deaths(row);
  if (said === null) return layout.status ? `Deaths: ${status(row)}` : "Deaths: unknown";
  const one = said === "1" || said.endsWith(" 1");
  return `${said.charAt(0).toUpperCase()}${said.slice(1)} ${whoDied(row, one ? 1 : 2)} killed`;
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
