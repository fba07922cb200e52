// Definitions open where a name is: on pointing, on focus, on a click or a touch.
const DELAY = 250;
const definition = el("div", { id: "definition", class: "definition", role: "dialog", popover: "auto" });
const defining = { name: null, fixed: false, timer: 0, pressed: null };

const definitionOf = (name, title) => {
  const known = data.definitions[name], facts = variables.get(name);
  const codes = (known.codes || []).map(([code, label, text]) => el("div", {},
    el("dt", {}, bdi(label || code)), el("dd", {}, bdi(text))));
  return [
    el("p", { class: "title" }, el("strong", {}, bdi(title)), el("code", {}, name)),
    el("p", {}, bdi(known.text)),
    known.unit ? el("p", {}, "Unit: ", bdi(known.unit)) : null,
    known.missing ? el("p", {}, "Empty means: ", bdi(known.missing)) : null,
    codes.length ? el("dl", {}, ...codes) : null,
    known.more ? el("p", { class: "hint" }, `and ${known.more} more codes that occur`) : null,
    data.codebook ? el("p", {}, el("a", { href: `${data.codebook}#${facts.anchor}` }, "Entry in the codebook")) : null,
  ].filter((child) => child);
};
const placeDefinition = () => {
  if (!defining.name) return;
  const near = defining.name.getBoundingClientRect(), own = definition.getBoundingClientRect();
  const left = Math.max(8, Math.min(near.left, document.documentElement.clientWidth - own.width - 8));
  const below = near.bottom + 4, above = near.top - own.height - 4;
  const top = below + own.height > innerHeight && above > 0 ? above : Math.min(below, Math.max(8, innerHeight - own.height - 8));
  definition.style.left = `${left}px`;
  definition.style.top = `${top}px`;
};
const openDefinition = (button, name, title, fixed) => {
  clearTimeout(defining.timer);
  defining.fixed = fixed;
  if (defining.name === button && definition.matches(":popover-open")) return;
  closeDefinition();
  definition.replaceChildren(...definitionOf(name, title));
  definition.setAttribute("aria-label", `Definition of ${title}`);
  // Beside its name, so that the Tab key goes from the name into the definition.
  button.after(definition);
  definition.showPopover();
  defining.name = button;
  button.setAttribute("aria-expanded", "true");
  placeDefinition();
};
const closeDefinition = () => {
  clearTimeout(defining.timer);
  if (definition.isConnected && definition.matches(":popover-open")) definition.hidePopover();
};
// A press on plain text takes the focus nowhere; the browser closes the definition if it is outside.
const leaves = (into) => into && into !== defining.name && !definition.contains(into);
const closeSoon = () => {
  clearTimeout(defining.timer);
  if (!defining.fixed) defining.timer = setTimeout(closeDefinition, DELAY);
};
definition.addEventListener("beforetoggle", (event) => {
  if (event.newState !== "closed" || !defining.name) return;
  defining.name.setAttribute("aria-expanded", "false");
  defining.name = null;
});
definition.addEventListener("mouseenter", () => clearTimeout(defining.timer));
definition.addEventListener("mouseleave", closeSoon);
definition.addEventListener("focusout", (event) => {
  if (leaves(event.relatedTarget)) closeDefinition();
});
window.addEventListener("scroll", placeDefinition, { capture: true, passive: true });
window.addEventListener("resize", placeDefinition);

// The name of a variable, which opens its definition; plain text where there is none.
const defined = (name, title) => {
  if (!Object.hasOwn(data.definitions, name)) return bdi(title);
  const button = el("button", { type: "button", class: "defined", "aria-haspopup": "dialog", "aria-expanded": "false" }, bdi(title));
  const open = (fixed) => openDefinition(button, name, title, fixed);
  button.addEventListener("mouseenter", () => {
    clearTimeout(defining.timer);
    if (defining.name !== button) defining.timer = setTimeout(() => open(false), DELAY);
  });
  button.addEventListener("mouseleave", closeSoon);
  button.addEventListener("focus", () => { if (button.matches(":focus-visible")) open(false); });
  button.addEventListener("blur", (event) => { if (defining.name === button && leaves(event.relatedTarget)) closeDefinition(); });
  // The browser closes it when a press on its name ends: the click must not open it again.
  button.addEventListener("pointerdown", () => { defining.pressed = defining.name === button && defining.fixed ? button : null; });
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    if (defining.pressed !== button) open(true);
    defining.pressed = null;
  });
  return button;
};
