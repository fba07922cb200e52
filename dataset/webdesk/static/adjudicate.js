/** The page of an adjudicator: pairs of coders, how far they agree, and the decisions between them. */

import { Server } from "./api.js";
import { Book } from "./book.js";
import { Caret } from "./caret.js";
import { ask, say, speak } from "./dialogs.js";
import { el, fill, isTyping } from "./dom.js";
import { Guide } from "./guide.js";
import { commandOf, showSheet } from "./keys.js";
import { DocumentText } from "./text.js";
import { Card } from "./adjudicate_card.js";
import { List } from "./adjudicate_list.js";
import { Differences, Undo, filledOf, keyOf } from "./adjudicate_model.js";
import { showAgreement, showPairs } from "./adjudicate_pairs.js";

const POLL = 3000;
const RETRY = 2000;

const KEYS = [
  ...[1, 2, 3].map((n) => ({ id: `choose ${n}`, keys: [String(n), `Alt+${n}`], title: ["The first coder's; for a whole row: the same, or keep it", "The second coder's; for a whole row: not the same, or drop it", "Another value; for a whole row: the same as one of the other coder's"][n - 1], where: "Deciding" })),
  { keys: ["Shift+1", "Shift+2"], title: "The same, with the last reason, and saved at once", where: "Deciding" },
  { id: "save", keys: ["Enter", "Ctrl+Enter"], title: "Save, and go to the next that is open", where: "Deciding" },
  { keys: ["ArrowDown"], title: "In the field of the reason: take one that was given before", where: "Deciding" },
  { id: "reason", keys: ["r", "Alt+r"], title: "Go to the reason", where: "Deciding" },
  { id: "reopen", keys: ["x", "Alt+x"], title: "Open a decision again", where: "Deciding" },
  { id: "undo", keys: ["u", "Ctrl+z"], title: "Take the last decision back", where: "Deciding" },
  { keys: ["Escape"], title: "Leave a field; give up what was chosen and not saved", where: "Deciding" },
  { id: "next", keys: ["n", "j", "Alt+ArrowDown"], title: "Next difference", where: "Going through" },
  { id: "previous", keys: ["p", "k", "Alt+ArrowUp"], title: "Previous difference", where: "Going through" },
  { id: "open", keys: ["o", "Alt+o"], title: "Next difference that is open", where: "Going through" },
  { id: "list", keys: ["l", "Alt+l"], title: "Go to the list", where: "Going through" },
  { id: "filter", keys: ["f", "Alt+f"], title: "List all, the open or the decided ones", where: "Going through" },
  { id: "back", keys: ["b", "Alt+b"], title: "Back to all pairs", where: "Going through" },
  { id: "lights", keys: ["a", "Alt+a"], title: "Underline all quotes, or those of this row", where: "The text" },
  { id: "text", keys: ["t", "Alt+t"], title: "Go to the text: arrows move by word, with Shift they select, Enter takes the words", where: "The text" },
  { id: "guide", keys: ["g", "F1", "Alt+g"], title: "The guide, where it speaks of this variable", where: "Help" },
  { id: "keys", keys: ["?", "Alt+?"], title: "This sheet", where: "Help" },
];

class Page {
  constructor(base) {
    this.server = new Server(`${base}api/`);
    this.main = document.getElementById("main");
    this.undo = new Undo();
    this.own = [];
    this.pair = null;
    this.differences = null;
    this.item = null;
    this.texts = new Map();
    this.allLit = false;
  }

  async start() {
    this.book = new Book(await this.server.get("book"));
    document.getElementById("back").addEventListener("click", () => this.run("back"));
    document.getElementById("undo").addEventListener("click", () => this.run("undo"));
    document.getElementById("guide").addEventListener("click", () => this.run("guide"));
    document.getElementById("keys").addEventListener("click", () => this.run("keys"));
    document.getElementById("guide").hidden = !this.book.guide.length;
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("hashchange", () => this.route());
    window.addEventListener("unhandledrejection", (event) => {
      if (event.reason?.status === undefined) return;
      event.preventDefault();
      say(sentence(event.reason.message), { kind: "wrong" });
    });
    setInterval(() => this.poll(), POLL);
    await this.route();
  }

  /** Show what the address says: all pairs, a pair, or a difference of it. */
  async route() {
    const [first, second, id] = location.hash.slice(1).split("/").map(decodeURIComponent);
    try {
      if (!first || !second) await this.showPairs();
      else if (!id) await this.showPair(first, second);
      else await this.showDifferences(first, second, id);
    } catch (error) {
      this.failed(error);
    }
  }

  go(...parts) {
    const hash = `#${parts.map(encodeURIComponent).join("/")}`;
    if (location.hash === hash) return this.route();
    location.hash = hash;
    return null;
  }

  async showPairs() {
    this.leave();
    const answer = await this.server.get("pairs");
    this.title("");
    showPairs(this.main, answer, (pair) => this.go(pair.first, pair.second));
    document.getElementById("back").hidden = true;
  }

  async showPair(first, second) {
    this.leave();
    this.title(`${first} and ${second}`);
    document.getElementById("back").hidden = false;
    fill(this.main, el("p", { class: "note" }, "Comparing the two codings…"));
    const [{ pairs }, found] = await Promise.all([
      this.server.get("pairs"),
      this.server.get(`agreement/${encodeURIComponent(first)}/${encodeURIComponent(second)}`),
    ]);
    const pair = pairs.find((one) => one.first === first && one.second === second) ?? { first, second, decisions: 0, decided: 0 };
    showAgreement(this.main, pair, found, () => this.go(first, second, "next"));
    this.main.focus({ preventScroll: true });
  }

  leave() {
    this.differences = null;
    this.pair = null;
    this.item = null;
    for (const id of ["track", "undo", "state"]) document.getElementById(id).hidden = true;
    document.body.classList.remove("deciding");
  }

  title(what) {
    document.getElementById("heading").textContent = what || this.book.package.title;
    document.title = `${what ? `${what}: ` : ""}adjudication, ${this.book.package.title}`;
  }

  async showDifferences(first, second, id) {
    const same = this.differences && this.pair.first === first && this.pair.second === second;
    if (!same) {
      this.leave();
      this.undo = new Undo();
      this.own = [];
      this.title(`${first} and ${second}`);
      document.getElementById("back").hidden = false;
      fill(this.main, el("p", { class: "note" }, "Putting the two codings side by side…"));
      this.pair = { first, second };
      this.differences = new Differences(await this.server.post("differences", this.pair));
      this.written = this.differences.written;
      this.layOut();
    }
    const item = this.differences.items.find((one) => one.row.decision_id === id);
    await this.show(item ?? this.differences.nextOpen() ?? null);
  }

  layOut() {
    document.body.classList.add("deciding");
    this.document = el("div", { class: "document", id: "document", tabindex: "0", role: "document" });
    this.textHead = el("h2", { dir: "auto" });
    this.textNote = el("p", { class: "soft", hidden: true });
    this.lights = el("button", { type: "button", "aria-pressed": "false", on: { click: () => this.run("lights") } }, "All quotes ", el("kbd", {}, "a"));
    const legend = el("p", { class: "legend" },
      this.differences.coders.map((name, n) => el("span", { class: n ? "second" : "first" }, el("i", { class: "mark" }), name)), this.lights);
    const list = el("nav", { class: "list", "aria-label": "Differences" });
    const text = el("section", { class: "text", "aria-label": "The document" }, el("div", { class: "text-head" }, this.textHead, legend), this.textNote, this.document);
    const card = el("section", { class: "card", "aria-label": "The difference in hand" });
    this.guidePanel = el("aside", { class: "guide", "aria-label": "The guide", hidden: true });
    fill(this.main, el("div", { class: "desk" }, list, text, card, this.guidePanel));
    this.text = new DocumentText(this.document);
    this.caret = new Caret(this.text);
    this.list = new List(list, { open: (item) => this.open(item), filtered: () => this.list.show(this.differences, this.item), confirm: () => this.confirmAll() });
    this.card = new Card(card, this.book, {
      save: (item, filled, partner) => this.save(item, filled, partner),
      reopen: (item) => this.reopen(item),
      show: (quote) => this.reveal(quote),
      picked: (span) => this.pick(span),
      find: (words) => this.text.find(words),
      places: (words) => this.places(words),
      guide: (page) => this.showGuide(page),
      partner: () => this.light(),
      kept: (item) => this.kept(item),
      keep: (item, typed) => this.keep(item, typed),
    });
    this.guide = new Guide(this.guidePanel, this.book, { onClose: () => { this.guidePanel.hidden = true; this.card.focus(); } });
    this.document.addEventListener("keydown", (event) => this.textKey(event));
    this.document.addEventListener("mouseup", () => this.selected());
    this.document.addEventListener("blur", () => { if (!this.taken) this.pick(null); });
    this.state("saved");
    for (const id of ["track", "undo", "state"]) document.getElementById(id).hidden = false;
  }

  open(item) {
    // At once: the next key is meant for this one.
    history.pushState(null, "", location.hash);
    return this.show(item);
  }

  /** Show a difference, or that nothing is open. */
  async show(item) {
    this.item = item;
    this.taken = null;
    this.progress();
    this.list.show(this.differences, item);
    if (!item) {
      await this.showEnd();
      return;
    }
    history.replaceState(null, "", `#${[this.pair.first, this.pair.second, item.row.decision_id].map(encodeURIComponent).join("/")}`);
    this.card.show(this.differences, item, this.differences.reasons(this.own));
    if (this.guidePanel.hidden) this.card.focus();
    else this.showGuide();
    // Whoever types does not wait for the text.
    await this.showText(item);
    if (this.item === item) this.light(true);
  }

  progress() {
    const { decided, items } = this.differences;
    const bar = document.getElementById("progress");
    bar.max = Math.max(1, items.length);
    bar.value = decided;
    document.getElementById("count").textContent = `${decided} of ${items.length} decided`;
    document.getElementById("undo").disabled = !this.undo.steps.length;
  }

  async showText(item) {
    const name = item.unit.document ?? item.unit.quotes.flat()[0]?.document ?? null;
    this.textNote.hidden = Boolean(name);
    this.textNote.textContent = name ? "" : `This ${item.unit.kind} belongs to no single document.`;
    this.document.hidden = !name;
    this.textHead.textContent = name ? this.differences.documents.find((one) => one.id === name)?.title ?? name : "No document";
    if (!name || this.shown === name) return;
    try {
      if (!this.texts.has(name)) this.texts.set(name, await this.server.get(`document/${encodeURIComponent(name)}`));
    } catch (error) {
      if (error.status === undefined) throw error;
      if (this.item !== item) return;
      this.textNote.hidden = false;
      this.document.hidden = true;
      this.textNote.textContent = `The text is not here: ${error.message}. Choose the difference again.`;
      return;
    }
    if (this.item !== item) return;
    this.shown = name;
    this.text.show(this.texts.get(name));
    this.caret.place = null;
  }

  spans(quotes) {
    return quotes.filter((quote) => quote.document === this.shown).flatMap(({ start, end }) => pieces(this.text, start, end));
  }

  /** Light up both coders' quotes: those of the row in hand, and stronger those of its variable. */
  light(reveal = false) {
    const { item } = this;
    if (!item || this.document.hidden) return;
    const variable = item.row.variable;
    const own = (side) => [...item.unit.quotes[side], ...(this.card.partner?.unit.quotes[side] ?? [])];
    const all = (side) => Object.values(this.differences.units).flatMap((unit) => unit.quotes[side]);
    const now = (side) => (variable ? item.unit.quotes[side].filter((quote) => quote.variable === variable) : []);
    for (const [side, name] of [[0, "first"], [1, "second"]]) {
      this.text.light(`coder-${name}`, this.spans(this.allLit ? all(side) : own(side)), 1);
      this.text.light(`now-${name}`, this.spans(now(side)), 2 + side);
    }
    this.lights.setAttribute("aria-pressed", String(this.allLit));
    // On a narrow page the text is below the difference, and stays there.
    if (!reveal || !scrolls(this.document.parentElement)) return;
    const first = [...this.spans([...now(0), ...now(1)]), ...this.spans([...own(0), ...own(1)])];
    const place = (variable ? first : first.sort((a, b) => a.start - b.start))[0];
    if (place) this.text.reveal(place);
  }

  reveal(quote) {
    const [span] = this.spans([quote]);
    if (!span) return;
    this.text.reveal(span);
    this.pick(span);
    setTimeout(() => { if (!this.taken) this.pick(null); }, 1200);
  }

  pick(span) {
    this.taken = null;
    this.text.light("picked", span ? [span] : [], 9);
  }

  places(words) {
    let times = 0;
    for (const { words: text } of this.text.paragraphs) times += text.split(words).length - 1;
    return times;
  }

  /** Words of the text were selected with the mouse. */
  selected() {
    const span = this.text.selected();
    if (!span) return;
    if (this.card.takeWords(span)) {
      document.getSelection().removeAllRanges();
      this.taken = span;
      this.text.light("picked", [span], 9);
    }
  }

  textKey(event) {
    const kind = { ArrowLeft: ["word", -1], ArrowRight: ["word", 1], ArrowUp: ["paragraph", -1], ArrowDown: ["paragraph", 1] }[event.key];
    if (kind && !event.altKey) {
      const sentence = kind[0] === "word" && (event.ctrlKey || event.metaKey);
      const rtl = kind[0] === "word" && this.caretIsRtl() ? -1 : 1;
      this.caret.move(sentence ? "sentence" : kind[0], kind[1] * rtl, event.shiftKey);
      const span = this.caret.span();
      this.pick(span);
      if (span) {
        this.text.reveal(span);
        speak(span.words);
      }
    } else if (event.key === "Enter") {
      const span = this.caret.span();
      if (!span || !this.take(span)) return;
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  caretIsRtl() {
    const place = this.caret.place;
    const node = place && this.text.nodes[place.paragraph - 1]?.parentElement;
    return Boolean(node) && getComputedStyle(node).direction === "rtl";
  }

  take(span) {
    if (!this.card.takeWords(span)) {
      say("Words are taken for another value: press 3 first.");
      return false;
    }
    this.taken = span;
    this.text.light("picked", [span], 9);
    this.card.reason.focus();
    return true;
  }

  // Decisions

  async save(item, filled, partner) {
    const { differences } = this;
    const made = partner ? differences.joined(item, partner) : null;
    const asked = made ? [{ row: made, filled, made: true }] : [{ row: item.row, filled }];
    const place = differences.items.indexOf(item);
    const before = made ? [[], [made]] : [[item]];
    const undo = () => this.undo.note(...before);
    if (!(await this.send(asked, undo))) return;
    if (filled.reason) this.own = [filled.reason, ...this.own.filter((text) => text !== filled.reason)];
    this.keep(item, null);
    const after = made ? keyOf(made) : item.key;
    const now = this.differences.byKey.get(after);
    // What follows from a decision on a row comes right after it.
    const at = now ? this.differences.items.indexOf(now) : place;
    const next = this.differences.nextOpen(at);
    speak(next ? `Saved. ${this.differences.decided} of ${this.differences.items.length} decided.` : "Saved. Everything is decided.");
    await this.show(next);
  }

  async reopen(item) {
    if (item.open) return;
    if (!(await this.send([{ row: item.row, filled: filledOf({}) }], () => this.undo.note([item])))) return;
    await this.show(this.differences.byKey.get(item.key) ?? this.differences.nextOpen());
  }

  async takeBack() {
    const asked = this.undo.back(this.differences);
    if (!asked) return;
    if (!(await this.send(asked))) return;
    const item = this.differences.byKey.get(keyOf(asked[0].row))
      ?? this.differences.items.find((one) => one.row.first_id === asked[0].row.first_id && one.row.unit === asked[0].row.unit);
    say(asked.length > 1 ? `${asked.length} decisions were taken back.` : "The last decision was taken back.");
    await this.show(item ?? this.differences.nextOpen());
  }

  async confirmAll() {
    const items = this.differences.proposed();
    const answer = await ask({
      title: `Confirm ${items.length} pairs?`,
      wide: true,
      content: [
        el("p", {}, "The program takes the two rows of each pair for one and the same. What they have in common is on the list; where they differ is decided afterwards."),
        el("ul", { class: "plain-list" }, items.map((item) => el("li", { dir: "auto" }, el("span", { class: "kind" }, item.unit.kind), ` ${item.unit.title} `, el("small", {}, `${item.row.first_id} = ${item.row.second_id}`), item.unit.words ? el("small", { class: "words" }, item.unit.words) : null))),
      ],
      buttons: [{ label: "Back", value: "" }, { label: `Confirm all ${items.length}`, value: "yes", main: true }],
    });
    if (answer !== "yes") return;
    const asked = items.map((item) => ({ row: item.row, filled: { ...filledOf({}), decision: "one" } }));
    if (!(await this.send(asked, () => this.undo.note(items)))) return;
    say(`${items.length} pairs were confirmed.`);
    await this.show(this.differences.nextOpen());
  }

  /** Send decisions until the server has them on disk; returns whether it has. `done` is called then. */
  async send(asked, done = () => {}) {
    if (this.sending) return false;
    this.sending = true;
    this.state("saving");
    try {
      for (;;) {
        try {
          const answer = await this.server.post("decide", { ...this.pair, decisions: asked });
          done();
          this.differences = new Differences(answer);
          this.written = [...new Set([...this.written, ...answer.written])];
          this.state("saved");
          return true;
        } catch (error) {
          if (!(error.status === 0 || error.status >= 500)) throw error;
          this.state("offline");
          await new Promise((resolve) => setTimeout(resolve, RETRY));
        }
      }
    } catch (error) {
      return await this.refused(error, asked, done);
    } finally {
      this.sending = false;
    }
  }

  async refused(error, asked, done) {
    if (error.status === 401) {
      this.state("signed-out");
      this.card.say("Not saved: open your private link again, in another tab, and then save once more.");
      return false;
    }
    this.state("stopped");
    if (error.status !== 409) {
      if (!error.status) throw error;
      this.card.say(...new Set(Object.values(error.answer.mistakes ?? { "": [{ text: error.message }] }).flat().map((one) => one.text)));
      return false;
    }
    const fresh = new Differences(await this.server.post("differences", this.pair));
    const mine = await this.askWhose(error.answer.rows, fresh);
    this.differences = fresh;
    this.state("saved");
    const again = asked.map((one) => ({ ...one, row: fresh.byKey.get(keyOf(one.row))?.row ?? one.row }));
    if (mine && again.every((one) => one.made || fresh.byKey.has(keyOf(one.row)))) {
      this.sending = false;
      return this.send(again, done);
    }
    if (this.item) this.keep(this.item, null);
    await this.show(fresh.byKey.get(this.item?.key) ?? fresh.nextOpen());
    return false;
  }

  async askWhose(rows, fresh) {
    const lines = rows.map((row) => {
      const item = fresh.byKey.get(keyOf(row));
      const now = !item ? "is not asked any more" : item.open ? "is open" : `${fresh.answer(item)}; ${item.row.decided_by}, ${item.row.decided_on}; ${item.row.reason ?? "no reason"}`;
      return el("li", { dir: "auto" }, el("b", {}, item ? fresh.question(item) : row.variable ?? row.unit), `: ${now}`);
    });
    const answer = await ask({
      title: "This was changed elsewhere meanwhile",
      content: [el("p", {}, "In another tab, or in the file. Nothing was overwritten. There it is now:"), el("ul", {}, lines)],
      buttons: [{ label: "Leave it as it is there", value: "" }, { label: "Decide as I did", value: "mine", main: true }],
    });
    return answer === "mine";
  }

  state(name) {
    const box = document.getElementById("state");
    box.dataset.state = name;
    box.textContent = {
      saved: "saved", saving: "saving", stopped: "not saved",
      offline: "not saved: the server does not answer; it is tried again",
      "signed-out": "not saved: open your private link again",
    }[name];
  }

  // What was typed and not saved outlives a reload

  place(item) {
    return `eventbook/${this.book.package.name}/${this.book.person}/${item.key}`;
  }

  kept(item) {
    try {
      return JSON.parse(localStorage.getItem(this.place(item)));
    } catch {
      return null;
    }
  }

  keep(item, typed) {
    const before = item.open ? filledOf({}) : filledOf(item.row);
    if (typed && JSON.stringify(typed) !== JSON.stringify(before)) localStorage.setItem(this.place(item), JSON.stringify(typed));
    else localStorage.removeItem(this.place(item));
  }

  // The end

  async showEnd() {
    const { differences } = this;
    const findings = el("div", { class: "findings", "aria-live": "polite" }, el("p", { class: "soft" }, "Checking the tables…"));
    const heading = el("h2", { tabindex: "-1" }, differences.items.length ? "Everything is decided" : "The two codings do not differ");
    fill(this.card.parent, heading,
      el("p", {}, "The final tables follow from both codings and the decisions."),
      this.written.length
        ? el("div", {}, el("p", {}, "Written:"), el("ul", { class: "plain-list" }, this.written.map((name) => el("li", {}, el("code", {}, name)))))
        : el("p", { class: "soft" }, "They were written before, and nothing has changed."),
      findings,
      el("p", { class: "soft" }, "A decision can be opened again at any time: choose it in the list."));
    this.card.item = null;
    for (const name of ["coder-first", "coder-second", "now-first", "now-second", "picked"]) this.text.light(name, []);
    heading.focus();
    try {
      const found = await this.server.get("findings");
      if (!this.item) showFindings(findings, found);
    } catch (error) {
      fill(findings, el("p", { class: "wrong-note" }, `The tables could not be checked: ${error.message}.`));
    }
  }

  // Everything else

  async poll() {
    if (document.hidden || !this.differences || this.sending) return;
    const { differences } = this;
    try {
      const { revision } = await this.server.get("revision");
      if (this.sending || this.differences !== differences || revision === differences.revision) return;
      const fresh = new Differences(await this.server.post("differences", this.pair));
      if (this.sending || this.differences !== differences) return;
      this.differences = fresh;
      say("The decisions were changed elsewhere; this is how they are now.");
      const now = fresh.byKey.get(this.item?.key);
      if (now && JSON.stringify(now.row) === JSON.stringify(this.item.row)) {
        this.item = this.card.item = now;
        this.card.differences = fresh;
        this.progress();
        this.list.show(fresh, now);
      } else if (this.item && this.kept(this.item)) {
        // What is being typed stays; when it is saved, the page asks which of the two is meant.
        this.progress();
        this.list.show(fresh, this.item);
      } else {
        await this.show(now ?? fresh.nextOpen());
      }
    } catch (error) {
      if (error.status === 401) this.state("signed-out");
      else if (error.status === 0) this.state("offline");
      else if (!error.status) throw error;
      else say(error.message, { kind: "wrong" });
      return;
    }
    if (["offline", "signed-out"].includes(document.getElementById("state").dataset.state)) this.state("saved");
  }

  key(event) {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    const digit = /^Digit([12])$/.exec(event.code)?.[1];
    if (digit && event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey && !isTyping(event.target) && this.card?.item && this.differences) {
      event.preventDefault();
      this.card.choose(Number(digit), true);
      return;
    }
    if (event.key === "Escape") {
      this.escape();
      return;
    }
    // Enter on a button presses it; in a list it takes the choice, and comes here only if there is none to take.
    if (event.key === "Enter" && !event.ctrlKey && event.target.closest?.("button, a, select")) return;
    if (event.key === "Enter" && isTyping(event.target) && event.target.closest(".card") === null) return;
    const command = event.key === "Enter" ? "save" : commandOf(event, KEYS);
    if (!command || !this.run(command)) return;
    event.preventDefault();
  }

  escape() {
    if (this.guidePanel && !this.guidePanel.hidden) {
      this.guidePanel.hidden = true;
      this.card.focus();
    } else if (isTyping(document.activeElement) || document.activeElement === this.document) {
      this.pick(null);
      this.card?.focus();
    } else if (this.card?.item && this.card.giveUp()) {
      this.light();
      this.card.focus();
    }
  }

  /** Do what a key or button asks for; returns whether it could be. */
  run(command) {
    const { differences, item } = this;
    const everywhere = { keys: () => showSheet(KEYS), guide: () => this.showGuide(), back: () => this.go() };
    if (everywhere[command]) {
      everywhere[command]();
      return true;
    }
    if (!differences) {
      if (command === "save") document.getElementById("decide")?.click();
      return command === "save";
    }
    const filter = this.list.filter;
    const ifAny = (found) => found && this.open(found);
    const commands = {
      undo: () => this.takeBack(),
      next: () => ifAny(differences.neighbour(item, 1, filter)),
      previous: () => ifAny(item ? differences.neighbour(item, -1, filter) : differences.items.at(-1)),
      open: () => ifAny(differences.nextOpen(differences.items.indexOf(item))),
      list: () => this.list.focus(),
      filter: () => this.list.turn(),
      lights: () => { this.allLit = !this.allLit; this.light(); },
      text: () => { this.document.focus(); if (!this.caret.place) this.caret.put(this.spans(item?.unit.quotes.flat() ?? [])[0] ?? null); this.pick(this.caret.span()); },
    };
    const atCard = {
      save: () => this.card.save(),
      reason: () => this.card.reason.focus(),
      reopen: () => this.reopen(item),
    };
    if (commands[command]) commands[command]();
    else if (this.card.item && command.startsWith("choose ")) this.card.choose(Number(command.at(-1)));
    else if (this.card.item && atCard[command]) atCard[command]();
    else return false;
    return true;
  }

  showGuide(page = "") {
    if (!this.book.guide.length) return;
    const { item } = this;
    const variable = item?.row.variable ?? "";
    const found = page || (variable && this.book.field(item.unit.table, variable)?.guide) || item?.unit.guide;
    if (!this.differences) {
      this.showGuideAlone();
      return;
    }
    this.guidePanel.hidden = false;
    this.guide.show(found, variable || item?.unit.table);
    this.guide.content.focus({ preventScroll: true });
  }

  showGuideAlone() {
    const panel = el("div", { class: "guide alone" });
    new Guide(panel, this.book, { onClose: () => panel.closest("dialog").press("") }).show("");
    ask({ title: "The guide", wide: true, content: panel });
  }

  failed(error) {
    if (error.status === undefined) throw error;
    const message = error.status === 401 ? "Open your private link again." : sentence(error.message);
    fill(this.main, el("div", { class: "before" }, el("h2", {}, "This cannot be shown"), el("p", { role: "alert" }, message),
      el("p", {}, el("button", { type: "button", on: { click: () => this.route() } }, "Try again"))));
  }
}

/** Return whether a part of the page scrolls by itself. */
function scrolls(part) {
  return /auto|scroll/.test(getComputedStyle(part).overflowY);
}

/** Return the parts of the paragraphs that lie between two offsets, as spans. */
function pieces(text, start, end) {
  return text.paragraphs
    .map((paragraph) => text.between(Math.max(start, paragraph.start), Math.min(end, paragraph.end)))
    .filter(Boolean);
}

function sentence(text) {
  return text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}` : "";
}

function showFindings(parent, { errors, warnings, others, findings }) {
  const counts = [[errors, "error"], [warnings, "warning"], [others, "place to look at"]].filter(([n]) => n)
    .map(([n, word]) => `${n} ${n === 1 ? word : word.replace(/^(error|warning|place)/, "$1s")}`);
  fill(parent, el("h3", {}, counts.length ? `The check finds ${counts.join(", ")}` : "The check finds nothing wrong"),
    findings.length ? el("ul", { class: "found" }, findings.map((one) => el("li", { class: one.severity },
      el("b", {}, [one.table, one.row, one.column].filter(Boolean).join(", ")), ": ", el("span", { dir: "auto" }, one.text)))) : null);
}

new Page(location.pathname.replace(/\/?$/, "/")).start().catch((error) => {
  const main = document.getElementById("main");
  fill(main, el("div", { class: "before" }, el("p", { role: "alert" }, error.status === 401 ? "Open your private link again." : sentence(error.message))));
  if (error.status === undefined) throw error;
});
