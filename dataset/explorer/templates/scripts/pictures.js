// Pictures: HTML and SVG of the rows that are shown. Each mark answers a click, a tap and Enter.
const svg = (tag, more = {}, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, said] of Object.entries(more)) made.setAttribute(name, said);
  made.append(...children);
  return made;
};
const picture = (name) => document.querySelector(`[data-picture="${name}"]`);
// Where no row has a type, one colour says nothing, and is not that of rows that lack theirs.
const typed = roles.type.length > 0 && Array.from({ length: data.rows }, (_, row) => row).some((row) => typeOf(row) !== UNKNOWN_TYPE);
const colourOf = (type) => (typed || !roles.type.length ? layout.palette.colours[type] : "var(--accent)");
const counted = (number) => `${number.toLocaleString("en")} ${number === 1 ? layout.one : layout.several}`;
const WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
const inWords = (number) => WORDS[number] ?? number.toLocaleString("en");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const dayOf = (time) => new Date(time).toISOString().slice(0, 10);
const dated = (row) => !isNaN(Date.parse(start(row)));

// What is known of a mark: the rows that it draws, the lines of its tip, and what a click does.
const marks = new WeakMap();
const mark = (node, { rows: drawn = [], tip, act }) => {
  marks.set(node, { drawn: new Set(drawn.map(id)), tip, act });
  node.classList.add("mark");
  const html = node.tagName === "BUTTON";
  if (!html) node.setAttribute("role", "button");
  if (!html || !node.textContent.trim()) node.setAttribute("aria-label", tip().join(". "));
  node.setAttribute("tabindex", "-1");
  return node;
};
const tipOf = (row) => [
  label(row), daysInWords(row) ?? "day unknown", spot(row).length ? shown(spot(row)[0], row) : null, who(row),
  parts.fatalities ? (deaths(row) === null ? `deaths: ${status(row)}` : `deaths: ${deaths(row)}`) : null,
].filter((line) => line);
const ofRow = (row) => ({ rows: [row], tip: () => tipOf(row), act: (node) => openEvent(row, node) });

// One tip for all pictures, beside the mark that is pointed at or has the focus.
const tipBox = el("div", { id: "tip", "aria-hidden": "true", hidden: "" });
const showTip = (node) => {
  const [first, ...others] = marks.get(node).tip();
  tipBox.replaceChildren(el("strong", {}, bdi(first)), ...others.map((line) => el("span", {}, bdi(line))));
  tipBox.hidden = false;
  const box = (node.matches(".column") ? node.firstChild : node).getBoundingClientRect(), own = tipBox.getBoundingClientRect();
  const left = Math.min(Math.max(6, box.left + Math.min(box.width, 360) / 2 - own.width / 2), document.documentElement.clientWidth - own.width - 6);
  const above = box.top - own.height - 8;
  tipBox.style.left = `${left + scrollX}px`;
  tipBox.style.top = `${(above < 0 ? box.bottom + 8 : above) + scrollY}px`;
};
const hideTip = () => { tipBox.hidden = true; };

// A picture is one stop of the Tab key; arrows lead from mark to mark.
const marksOf = (node) => [...node.querySelectorAll(".mark")];
const markAt = (event) => event.target.closest && event.target.closest(".mark");
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const stepped = (event) => {
  const here = markAt(event);
  if (event.key === "Escape") return hideTip();
  if (!here) return;
  if ((event.key === "Enter" || event.key === " ") && here.tagName !== "BUTTON") {
    event.preventDefault();
    return marks.get(here).act(here);
  }
  const all = marksOf(event.currentTarget), at = all.indexOf(here);
  const next = event.key === "Home" ? all[0] : event.key === "End" ? all.at(-1) : STEPS[event.key] && all[at + STEPS[event.key]];
  if (STEPS[event.key] || next) event.preventDefault();
  if (!next) return;
  here.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
};
for (const node of document.querySelectorAll("[data-picture]")) {
  node.addEventListener("pointerover", (event) => { const one = markAt(event); if (one && event.pointerType !== "touch") showTip(one); });
  node.addEventListener("pointerout", hideTip);
  node.addEventListener("focusin", (event) => { const one = markAt(event); if (one && one.matches(":focus-visible")) showTip(one); });
  node.addEventListener("focusout", hideTip);
  node.addEventListener("click", (event) => { const one = markAt(event); if (one) { hideTip(); marks.get(one).act(one); } });
  node.addEventListener("keydown", stepped);
}
document.body.append(tipBox);

// Whoever opens an event from a picture sees it, and comes back with one click.
const backButton = el("button", { type: "button", id: "back", hidden: "" });
document.body.append(backButton);
const openEvent = (row, node) => {
  const section = node.closest("section"), title = section.querySelector("h2").textContent, name = section.id;
  choose(id(row));
  presenting.then(() => {
    $("detail").scrollIntoView({ block: narrow.matches ? "start" : "nearest" });
    $("detail").focus({ preventScroll: true });
  });
  backButton.textContent = `Back to: ${title}`;
  // Where the event is beside the picture, nobody has left it.
  const beside = !narrow.matches && $("detail").getBoundingClientRect().bottom > 0 && $("detail").getBoundingClientRect().top < innerHeight;
  backButton.hidden = beside;
  backButton.onclick = () => {
    backButton.hidden = true;
    $(name).scrollIntoView();
    const mine = section.querySelector(".mark.chosen, .rows-of button");
    if (mine) mine.focus({ preventScroll: true });
  };
};
// A mark that draws several rows lists them.
const LISTED = 60;
const listRows = (into, title, some, node) => {
  const close = el("button", { type: "button", class: "close", "aria-label": "Close the list", onclick: () => { into.replaceChildren(); if (node.isConnected) node.focus(); } }, "\u00d7");
  const list = el("ul", {}, ...some.slice(0, LISTED).map((row) => el("li", {},
    el("button", { type: "button", "data-row": id(row), onclick: (event) => openEvent(row, event.target) }, bdi(label(row))), el("small", {}, daysInWords(row) ?? "day unknown"))));
  const more = some.length > LISTED ? el("p", { class: "hint" }, `And ${(some.length - LISTED).toLocaleString("en")} more: filter to see them in the list above.`) : null;
  into.replaceChildren(el("div", { class: "rows-of", role: "group", "aria-label": title }, el("h3", {}, bdi(title)), close, list, more));
  into.querySelector("button[data-row]").focus({ preventScroll: true });
  into.scrollIntoView({ block: "nearest" });
};

const highlight = () => {
  for (const one of document.querySelectorAll("[data-picture] .mark")) {
    const mine = marks.get(one).drawn.has(opened());
    one.classList.toggle("chosen", mine);
    if (mine) one.setAttribute("aria-current", "true"); else one.removeAttribute("aria-current");
  }
};
document.addEventListener("chosen", highlight);
// What a picture shows, named for those who do not see it.
const filled = (name, said, ...nodes) => {
  const node = picture(name), focused = node.contains(document.activeElement);
  hideTip();
  node.replaceChildren(...nodes.filter((one) => one));
  const all = marksOf(node);
  if (all.length) {
    node.setAttribute("role", "group");
    node.setAttribute("aria-label", said);
    all[0].setAttribute("tabindex", "0");
    if (focused) all[0].focus({ preventScroll: true });
  } else {
    node.removeAttribute("role");
    node.removeAttribute("aria-label");
  }
  node.classList.toggle("drawn", all.length > 0);
  node.closest("section").querySelector(".how").hidden = !all.length;
};
const nothing = (name) => filled(name, "", el("p", { class: "hint" }, `Nothing to draw for the ${layout.several} that are shown.`));
// An empty picture looks like a result; a legend has the types that occur, where there are several.
const legend = (some) => {
  const there = new Set(some.map(typeOf));
  if (there.size < 2) return null;
  return el("ul", { class: "legend" }, ...Object.keys(layout.palette.colours).filter((type) => there.has(type))
    .map((type) => el("li", {}, el("i", { style: `background:${colourOf(type)}` }), type)));
};
const alternative = (name, rows, names) => document.querySelector(`[data-rows="${name}"]`).replaceChildren(tableOf(rows.slice(0, SHOWN), names));
