/** The differences between two codings: what is asked of each, in what order, and how far it is. */

/** The columns of a decision that an adjudicator fills in, besides name and day. */
export const FILLED = ["decision", "value", "quote", "because", "reason"];
const KEY = ["first_coder", "second_coder", "unit", "first_id", "second_id", "variable"];
const RECENT = 6;

/** Return a text that no other row of the table of decisions has. */
export function keyOf(row) {
  return JSON.stringify(KEY.map((name) => row[name] ?? ""));
}

/** Return what is filled in of a row, as plain texts. */
export function filledOf(row) {
  return Object.fromEntries(FILLED.map((name) => [name, row[name] ?? ""]));
}

/** The differences as the server has them. */
export class Differences {
  constructor(answer) {
    Object.assign(this, answer);
    this.items = answer.rows.map((one) => ({
      ...one,
      key: keyOf(one.row),
      unit: answer.units[one.unit],
      kind: kindOf(one.row),
    }));
    for (const unit of Object.values(answer.units)) {
      unit.words = unit.quotes.flat()[0]?.words ?? "";
      unit.ids = [...new Set([unit.first, unit.second].filter(Boolean))].join(" / ");
    }
    this.byKey = new Map(this.items.map((item) => [item.key, item]));
    this.codes = new Map(answer.decisions.map((code) => [code.code, code]));
  }

  get coders() {
    return [this.first, this.second];
  }

  get decided() {
    return this.items.filter((item) => !item.open).length;
  }

  /** Return what can be decided on a difference: {key, decision, label, detail, reasoned}. */
  choices(item) {
    const choice = (decision, label, detail) => ({ decision, label, detail, reasoned: this.codes.get(decision)?.reasoned ?? true });
    const one = item.unit.kind;
    if (item.kind === "value") {
      return [choice("first", this.first), choice("second", this.second), choice("other", "Another value")];
    }
    if (item.kind === "pair") {
      return [
        choice("one", `The same ${one}`, "both mean one and the same"),
        choice("apart", `Not the same ${one}`, "each is then kept or dropped"),
      ];
    }
    const found = [
      choice("keep", "Keep it", `the ${one} is in the final tables`),
      choice("drop", "Drop it", `no such ${one}`),
    ];
    if (this.partners(item).length) found.push({ ...choice("one", `The same as one of ${this.otherOf(item)}'s`), joins: true });
    return found;
  }

  /** Return the coder who does not have a unit. */
  otherOf(item) {
    return item.row.first_id ? this.second : this.first;
  }

  /** Return the units that only the other coder has, in the same document: a unit may be one of them. */
  partners(item) {
    if (item.kind !== "single" || !item.unit.own) return [];
    const side = item.row.first_id ? "second_id" : "first_id";
    return this.items.filter((other) =>
      other.kind === "single" && other.row[side] && other.row.unit === item.row.unit && other.unit.document === item.unit.document
      // Two that were put apart are put together again where that was decided.
      && !this.byKey.has(keyOf(this.joined(item, other))));
  }

  /** Return the row that says that two units of two coders are one. */
  joined(item, other) {
    const [first, second] = item.row.first_id ? [item, other] : [other, item];
    return {
      first_coder: this.first, second_coder: this.second, unit: item.row.unit,
      first_id: first.row.first_id, second_id: second.row.second_id, document_id: item.row.document_id,
    };
  }

  /** Return the differences by unit, in their order: [{unit, items}]; `filter`: "all", "open" or "decided". */
  groups(filter = "all") {
    const groups = new Map();
    for (const item of this.shown(filter)) {
      if (!groups.has(item.unit)) groups.set(item.unit, { unit: item.unit, items: [] });
      groups.get(item.unit).items.push(item);
    }
    return [...groups.values()];
  }

  shown(filter) {
    if (filter === "all") return this.items;
    return this.items.filter((item) => item.open === (filter === "open"));
  }

  /** Return the difference before or after one, among those that a filter shows; null at the ends. */
  neighbour(item, way, filter = "all") {
    const at = this.items.indexOf(this.byKey.get(item?.key));
    const wanted = new Set(this.shown(filter));
    for (let n = at + way; n >= 0 && n < this.items.length; n += way) {
      if (wanted.has(this.items[n])) return this.items[n];
    }
    return null;
  }

  /** Return the next open difference after a place in the order, and from the top; null if all are decided. */
  nextOpen(from = -1) {
    const order = [...this.items.slice(from + 1), ...this.items.slice(0, from + 1)];
    return order.find((item) => item.open) ?? null;
  }

  /** Return the pairs that the program proposes and nobody has decided on. */
  proposed() {
    return this.items.filter((item) => item.kind === "pair" && item.open);
  }

  /** Return the reasons that were given before, the last first. */
  reasons(own = []) {
    const given = this.items.filter((item) => item.row.reason && item.row.decided_by).map((item) => item.row.reason).reverse();
    return [...new Set([...own, ...given])].slice(0, RECENT);
  }

  /** Return what is asked, as a short question. */
  question(item) {
    const one = item.unit.kind;
    if (item.kind === "value") return item.field.title;
    if (item.kind === "pair") return `One ${one}, or two?`;
    const who = item.row.first_id ? this.first : this.second;
    return `Only ${who} has it`;
  }

  /** Return in words what was decided. */
  answer(item) {
    const { decision, value } = item.row;
    if (!decision) return "";
    if (item.kind === "value") {
      const shown = decision === "other" ? item.values.value || value || "left empty" : item.values[decision] || item.row[`${decision}_value`] || "left empty";
      return decision === "other" ? shown : `${this[decision]}: ${shown}`;
    }
    return this.codes.get(decision)?.label ?? decision;
  }
}

function kindOf(row) {
  if (row.variable) return "value";
  return row.first_id && row.second_id ? "pair" : "single";
}

/** Decisions that can be taken back: for each step the rows as they were before it. */
export class Undo {
  constructor() {
    this.steps = [];
  }

  /** Keep what some rows were before they were decided; `made` are rows that were not there. */
  note(items, made = []) {
    this.steps.push([
      ...items.map((item) => ({ key: item.key, before: filledOf(item.open ? {} : item.row) })),
      ...made.map((row) => ({ key: keyOf(row), withdrawn: true })),
    ]);
  }

  /** Return the decisions that take the last step back, for the rows as they are now; null if there is none. */
  back(differences) {
    for (let step; (step = this.steps.pop()); ) {
      const asked = step
        .map(({ key, before, withdrawn }) => ({ item: differences.byKey.get(key), filled: before ?? {}, withdrawn }))
        .filter(({ item }) => item)
        .map(({ item, filled, withdrawn }) => ({ row: item.row, filled, withdrawn: Boolean(withdrawn) }));
      if (asked.length) return asked;
    }
    return null;
  }
}
