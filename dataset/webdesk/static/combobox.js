/** A field with a list to choose from, after the ARIA pattern: search, choose by keyboard or mouse, several values. */

import { el, fill, freshId } from "./dom.js";

const SHOWN = 60;

/** Return text as it is compared: without capitals and accents. */
export function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Return whether a label is its code, written as people write. */
function sameName({ value, label }) {
  return plain(label).replace(/\W+/g, "_") === plain(value).replace(/\W+/g, "_");
}

/** Return how well an option fits what was typed: 0 the same, up to 4; -1 not at all. */
export function rank(option, typed) {
  const names = [option.label, option.value, ...(option.names ?? [])].filter(Boolean).map(plain);
  if (names.includes(typed)) return 0;
  if (names.some((name) => name.startsWith(typed))) return 1;
  const words = typed.split(/\s+/).filter(Boolean);
  const of = names.flatMap((name) => name.split(/[\s/,()_-]+/));
  if (words.every((word) => of.some((one) => one.startsWith(word)))) return 2;
  if (names.some((name) => name.includes(typed))) return 3;
  const all = plain([...names, option.detail ?? "", option.more ?? ""].join(" "));
  return words.every((word) => all.includes(word)) ? 4 : -1;
}

/** Return the options that fit what was typed, best first, and the one that is meant beyond doubt, if any. */
export function matches(options, typed) {
  const asked = plain(typed.trim());
  if (!asked) return { found: options.map((option) => ({ option, fit: 5 })), sure: null };
  const found = options
    .map((option) => ({ option, fit: rank(option, asked) }))
    .filter(({ fit }) => fit >= 0)
    .sort((a, b) => a.fit - b.fit || Number(a.option.old ?? false) - Number(b.option.old ?? false));
  const best = found.filter(({ fit }) => fit === found[0].fit);
  return { found, sure: best.length === 1 && best[0].fit < 4 ? best[0].option : null };
}

/**
 * `options`: {label (of the field), id, choices() -> [{value, label, detail, more, names, old}],
 * commit(value), create (label of "new", such as "new actor"), make(text) -> may return a promise,
 * separator (several values), describedBy, readOnly}.
 */
export class Combobox {
  constructor(options) {
    Object.assign(this, options);
    this.value = "";
    this.active = -1;
    this.shown = [];
    this.touched = false;
    const list = freshId("list");
    this.input = el("input", {
      id: this.id,
      type: "text",
      dir: "auto",
      role: "combobox",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      "aria-label": this.label || undefined,
      "aria-expanded": "false",
      "aria-controls": list,
      "aria-autocomplete": "list",
      "aria-describedby": this.describedBy,
      readonly: this.readOnly,
      on: {
        input: () => this._typed(),
        keydown: (event) => this._key(event),
        focus: () => this.input.select(),
        click: () => this.open(),
        blur: () => this._left(),
      },
    });
    this.list = el("ul", { id: list, role: "listbox", class: "choices", popover: "manual", "aria-label": this.label || "choices" });
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const item = event.target.closest("[data-at]");
      if (item) this._choose(this.shown[Number(item.dataset.at)]);
    });
    this.chips = el("span", { class: "chips" });
    this.element = el("div", { class: `combobox${this.separator ? " several" : ""}` }, this.separator ? this.chips : null, this.input, this.list);
  }

  /** Show a value; what somebody is typing is left alone. */
  set(value) {
    if (value === this.value && !this.touched) {
      if (document.activeElement !== this.input) this._draw();
      return;
    }
    this.value = value;
    if (this.touched && document.activeElement === this.input) return;
    this.touched = false;
    this._draw();
  }

  get text() {
    return this.touched ? this.input.value : "";
  }

  /** Put text into the field as if it was typed. */
  type(text) {
    this.input.focus();
    this.input.value = text;
    this._typed();
  }

  open() {
    if (this.readOnly) return;
    this._search(this.touched ? this.input.value : "");
    if (!this.touched && !this.separator) this._activate(this.shown.findIndex((one) => one.value === this.value));
    this._show();
  }

  close() {
    this.active = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    if (this.list.matches(":popover-open")) this.list.hidePopover();
  }

  get isOpen() {
    return this.list.matches(":popover-open");
  }

  _labelOf(value) {
    return this.choices().find((choice) => choice.value === value)?.label ?? value;
  }

  get values() {
    if (!this.separator) return this.value ? [this.value] : [];
    return this.value.split(this.separator.trim()).map((part) => part.trim()).filter(Boolean);
  }

  _draw() {
    if (!this.separator) {
      this.input.value = this._labelOf(this.value);
      return;
    }
    this.input.value = "";
    fill(this.chips, ...this.values.map((value) => {
      const label = this._labelOf(value);
      const drop = () => {
        this._commit(this.values.filter((other) => other !== value).join(this.separator));
        this.input.focus();
      };
      return el("span", { class: "chip" }, label, this.readOnly ? null :
        el("button", { type: "button", class: "plain", tabindex: "-1", "aria-label": `Remove ${label}`, on: { click: drop } }, "×"));
    }));
  }

  _typed() {
    this.touched = true;
    if (this.separator && this.input.value.endsWith(this.separator.trim())) {
      this.input.value = this.input.value.slice(0, -this.separator.trim().length);
      this._take();
      this.input.focus();
      return;
    }
    this._search(this.input.value);
    this._activate(this.input.value.trim() && this.shown.length ? 0 : -1);
    this._show();
  }

  _search(typed) {
    const taken = this.separator ? new Set(this.values) : new Set();
    const choices = this.choices().filter((choice) => !taken.has(choice.value));
    const { found, sure } = matches(choices, typed);
    this.sure = sure;
    this.shown = found.slice(0, SHOWN).map(({ option }) => option);
    const exact = found[0]?.fit === 0;
    if (this.make && typed.trim() && !exact) this.shown.push({ make: typed.trim(), value: "", label: `${this.create}: ${typed.trim()}` });
    const hidden = found.length - SHOWN;
    this.rest = hidden > 0 ? `${hidden} more; type to search` : found.length || this.make ? "" : "nothing fits";
  }

  _show() {
    const items = this.shown.map((choice, n) =>
      el("li", { role: "option", id: `${this.list.id}-${n}`, "data-at": n, "aria-selected": String(n === this.active), class: choice.make ? "new" : choice.old ? "old" : undefined },
        el("span", { class: "name" }, choice.label, choice.value && !sameName(choice) ? el("small", {}, choice.value) : null),
        choice.detail ? el("small", { class: "detail" }, choice.detail) : null,
        choice.more && n === this.active ? el("small", { class: "further" }, choice.more) : null));
    fill(this.list, ...items, this.rest ? el("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "rest" }, this.rest) : null);
    if (!this.isOpen) this.list.showPopover();
    this.input.setAttribute("aria-expanded", "true");
    this._place();
    const active = items[this.active];
    if (active) {
      this.input.setAttribute("aria-activedescendant", active.id);
      active.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  _place() {
    const box = this.input.getBoundingClientRect();
    const below = window.innerHeight - box.bottom - 12;
    const above = box.top - 12;
    const up = below < 200 && above > below;
    const width = Math.min(Math.max(box.width, 320), window.innerWidth - 16);
    this.list.style.width = `${width}px`;
    this.list.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - width - 8))}px`;
    this.list.style.maxHeight = `${Math.min(380, up ? above : below)}px`;
    this.list.style.top = up ? "auto" : `${box.bottom + 4}px`;
    this.list.style.bottom = up ? `${window.innerHeight - box.top + 4}px` : "auto";
  }

  _activate(n) {
    this.active = n;
    this.moved = false;
  }

  _key(event) {
    if (event.isComposing || this.readOnly) return;
    const count = this.shown.length;
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp":
        if (event.altKey || event.ctrlKey || event.metaKey) {
          if (event.altKey && this.isOpen && event.key === "ArrowUp") this.close();
          else return;
        } else if (!this.isOpen) {
          this.open();
        } else if (count) {
          this._activate((this.active + (event.key === "ArrowDown" ? 1 : -1) + count) % count);
          this.moved = true;
          this._show();
        }
        break;
      case "Enter":
        if (!this.isOpen && !this.touched) return;
        if (this.isOpen && this.active >= 0 && this.shown[this.active].make !== undefined) event.stopPropagation();
        if (this.isOpen && this.active >= 0) this._choose(this.shown[this.active]);
        else this._take();
        event.preventDefault();
        // What is around the field may go on from here, unless it may get another value.
        if (this.separator) event.stopPropagation();
        return;
      case "Escape":
        if (!this.isOpen && !this.touched) return;
        this.touched = false;
        this.close();
        this._draw();
        break;
      case "Backspace":
        if (!this.separator || this.input.value || !this.values.length) return;
        this._commit(this.values.slice(0, -1).join(this.separator));
        break;
      case "Tab":
        if (this.isOpen && this.moved && this.active >= 0) this._choose(this.shown[this.active]);
        else if (this.touched && this.make && this.shown.length === 1 && this.shown[0].make) {
          // Nothing is called so yet: it can only be new.
          event.preventDefault();
          this._choose(this.shown[0]);
        } else this._take();
        return;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  _left() {
    this._take();
    this.close();
  }

  /** Take what is typed: the choice that is meant, or else the text as it is, which the checks will speak of. */
  _take() {
    if (!this.touched) {
      this.close();
      return;
    }
    const typed = this.input.value.trim();
    this._search(typed);
    this.touched = false;
    this.close();
    if (this.separator) this._commit(typed ? [...this.values, this.sure?.value ?? typed].join(this.separator) : this.value);
    else this._commit(typed ? (this.sure?.value ?? typed) : "");
  }

  _choose(choice) {
    if (!choice) return;
    this.touched = false;
    this.close();
    if (choice.make !== undefined) {
      this._draw();
      this.make(choice.make);
    } else {
      this._commit(this.separator ? [...this.values, choice.value].join(this.separator) : choice.value);
    }
  }

  _commit(value) {
    const changed = value !== this.value;
    this.value = value;
    this._draw();
    if (changed) this.commit(value);
  }
}
