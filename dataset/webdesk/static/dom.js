/** Making elements: text goes in as text, whatever it holds. */

/**
 * Return a new element.
 * `props`: `class`, `on` (listeners by event), `data`; true and false are attributes without a value;
 * everything else is an attribute. Children are elements, texts, or nothing.
 */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (name === "data") Object.assign(made.dataset, value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

let count = 0;

/** Return an id that no other element of the page has. */
export function freshId(start = "id") {
  count += 1;
  return `${start}-${count}`;
}

/** Put children into an element in place of what it has, if they differ from that. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return parent;
}

/** Return whether somebody types text into an element. */
export function isTyping(element) {
  return Boolean(element?.matches?.("input, textarea, select, [contenteditable]"));
}
