/** All keys of the page, in one table: what is pressed, and what it does. The keyboard sheet is drawn from it. */

import { ask } from "./dialogs.js";
import { el, isTyping } from "./dom.js";

/**
 * Return the bindings for a book: [{id, keys, title, where}]. Those with `id` are commands that work
 * everywhere; with Alt, and the letter alone where nobody types. The others are explained only.
 */
export function bindings(book) {
  const starts = book.units.map((table) => {
    const letter = book.letter(table);
    const belongs = book.linked(table);
    const of = belongs && belongs !== table ? ` of the ${belongs.row[0]} in hand` : "";
    return { id: `begin ${table.name}`, keys: [`Alt+${letter}`, letter], title: `New ${table.row[0]}${of}; with the selected words, if there are any`, where: "Everywhere" };
  });
  return [...starts, ...KEYS];
}

const KEYS = [
  { id: "attach", keys: ["Alt+Enter"], title: "The selected words carry the field in hand", where: "Everywhere" },
  { id: "rest", keys: ["Alt+a", "a"], title: "The selected words carry everything else of the row", where: "Everywhere" },
  { id: "find", keys: ["Alt+f", "f"], title: "Find words by typing them; Enter selects them", where: "Everywhere" },
  { id: "text", keys: ["Alt+t", "t"], title: "Go to the text", where: "Everywhere" },
  { id: "row", keys: ["Alt+r", "r"], title: "Go to the row in hand, to its first lacking field", where: "Everywhere" },
  { id: "list", keys: ["Alt+l", "l"], title: "Go to the list", where: "Everywhere" },
  { id: "area", keys: ["F6"], title: "Go to the next part of the page", where: "Everywhere" },
  { id: "next", keys: ["Alt+ArrowDown"], title: "Next row", where: "Everywhere" },
  { id: "previous", keys: ["Alt+ArrowUp"], title: "Previous row", where: "Everywhere" },
  { id: "paragraph", keys: ["Alt+p", "p"], title: "Next paragraph that nothing was coded from", where: "Everywhere" },
  { id: "wrong", keys: ["Alt+w", "w"], title: "Next finding, first what is wrong", where: "Everywhere" },
  { id: "more", keys: ["Alt+m", "m"], title: "All fields of the row, or fewer", where: "Everywhere" },
  { id: "lights", keys: ["Alt+u", "u"], title: "Underline all that is coded, or the words of this row", where: "Everywhere" },
  { id: "guide", keys: ["F1", "Alt+g", "g"], title: "The guide, where it speaks of the field in hand", where: "Everywhere" },
  { id: "documents", keys: ["Alt+o", "o"], title: "Open another document", where: "Everywhere" },
  { id: "remove", keys: ["Alt+Delete"], title: "Delete the row in hand, with its words", where: "Everywhere" },
  { id: "undo", keys: ["Ctrl+z"], title: "Undo", where: "Everywhere" },
  { id: "redo", keys: ["Ctrl+Shift+z", "Ctrl+y"], title: "Redo", where: "Everywhere" },
  { id: "save", keys: ["Ctrl+s"], title: "Save now; it is done anyway", where: "Everywhere" },
  { id: "file", keys: ["Alt+Shift+f"], title: "File, after a look at what would be frozen", where: "Everywhere" },
  { id: "keys", keys: ["?", "Alt+k"], title: "This sheet", where: "Everywhere" },
  { keys: ["Tab"], title: "Take the best match, or what was typed, and go to the next field", where: "In the form" },
  { keys: ["Enter"], title: "Take the marked choice, or what was typed, and go to the next field that is needed and empty", where: "In the form" },
  { keys: ["ArrowDown"], title: "Open the list; choose", where: "In the form" },
  { keys: ["Escape"], title: "Close the list; the value is as before", where: "In the form" },
  { keys: ["Alt+L"], title: "Look a new place up in the gazetteer", where: "In the form" },
  { keys: ["ArrowLeft", "ArrowRight"], title: "By a word", where: "In the text" },
  { keys: ["Ctrl+ArrowLeft", "Ctrl+ArrowRight"], title: "By a sentence", where: "In the text" },
  { keys: ["ArrowUp", "ArrowDown"], title: "By a paragraph", where: "In the text" },
  { keys: ["Home", "End"], title: "First or last word of the paragraph", where: "In the text" },
  { keys: ["Shift"], title: "With these: select from the word where it began", where: "In the text" },
  { keys: ["Enter"], title: "Open the panel for the selected words", where: "In the text" },
  { keys: ["1 – 9"], title: "The words carry this variable", where: "In the panel" },
  { keys: ["Enter"], title: "The words carry the marked variable, or all that are ticked", where: "In the panel" },
  { keys: ["Space"], title: "Tick a variable, for several at once", where: "In the panel" },
  { keys: ["/"], title: "Search the variables", where: "In the panel" },
  { keys: ["a"], title: "Everything else of the row", where: "In the panel" },
  { keys: ["b"], title: "Basis and reason", where: "In the panel" },
  { keys: ["p", "P"], title: "Pass over the words; the paragraph", where: "In the panel" },
  { keys: ["Shift+ArrowLeft", "Shift+ArrowRight"], title: "A word less or more at the end; with Alt at the start", where: "In the panel" },
  { keys: ["."], title: "The whole sentence", where: "In the panel" },
  { keys: ["w"], title: "The words are also written into the field for words as they are", where: "In the panel" },
  { keys: ["s"], title: "Split a quote: a row for each variable", where: "In the panel" },
  { keys: ["Delete"], title: "Delete a quote", where: "In the panel" },
  { keys: ["Escape"], title: "Give the words up", where: "In the panel" },
];

/** Return the id of the command that a key event asks for, or "". */
export function commandOf(event, all) {
  const pressed = chord(event);
  const typing = isTyping(event.target);
  const found = all.find(({ id, keys }) => id && keys.some((key) => key === pressed && (key.length > 1 || !typing)));
  return found?.id ?? "";
}

function chord(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  // Alt and a letter make another sign on some keyboards; the letter is on the key all the same.
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase();
  const usual = event.key.length === 1 && /[a-z]/i.test(event.key) ? event.key.toLowerCase() : event.key;
  const key = event.altKey && letter && !/^[a-z]$/i.test(event.key) ? letter : usual;
  if (event.shiftKey && (event.key.length > 1 || event.ctrlKey || event.metaKey || event.altKey)) parts.push("Shift");
  return [...parts, key].join("+");
}

const NAMES = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", Delete: "Del" };

/** Return a key as people read it. */
export function shownKey(key) {
  return key.split("+").map((part) => NAMES[part] ?? (part.length === 1 && key.length > 1 ? part.toUpperCase() : part)).join("+");
}

/** Show the keyboard sheet. */
export function showSheet(all) {
  const groups = [...new Set(all.map((one) => one.where))].map((where) => {
    const lines = all.filter((one) => one.where === where).map(({ keys, title }) =>
      el("tr", {}, el("th", { scope: "row" }, keys.flatMap((key, n) => [n ? " " : "", el("kbd", {}, shownKey(key))])), el("td", {}, title)));
    return el("section", {}, el("h3", {}, where), el("table", { class: "keys" }, el("tbody", {}, lines)));
  });
  return ask({ title: "Keys", content: el("div", { class: "sheet", tabindex: "0" }, groups), wide: true });
}
