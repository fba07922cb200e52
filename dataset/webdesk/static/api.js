/** Talking to the server, and the box of changes that are not saved yet, which the browser keeps. */

/** The server said no, or nothing: `status` is 0 where it did not answer. */
export class ServerError extends Error {
  constructor(status, message, answer = {}) {
    super(message);
    this.status = status;
    this.answer = answer;
  }
}

/** The server at an address, for one person: `base` as "/anna/api/". */
export class Server {
  constructor(base) {
    this.base = base;
  }

  get(path) {
    return this._ask(path, { method: "GET" });
  }

  post(path, body, more = {}) {
    const headers = { "Content-Type": "application/json" };
    return this._ask(path, { method: "POST", headers, body: JSON.stringify(body), ...more });
  }

  async _ask(path, options) {
    let response;
    try {
      response = await fetch(this.base + path, { credentials: "same-origin", cache: "no-store", ...options });
    } catch {
      throw new ServerError(0, "the server does not answer");
    }
    let answer = {};
    try {
      answer = await response.json();
    } catch {
      if (response.ok) throw new ServerError(0, "the server's answer broke off");
    }
    if (!response.ok) throw new ServerError(response.status, answer.error ?? `the server says ${response.status}`, answer);
    return answer;
  }
}

const COLLECT = 300;
const RETRY = [500, 1000, 2000, 4000, 8000];

/**
 * Changes on their way to the server. Each is kept in the browser until the server has it on disk,
 * sent in order, and sent again after a reload or when the server is back. Each window has a list
 * of its own; that of a window that is gone is taken over.
 *
 * A change is {document, tables: {name: {removed: [row], added: [row]}}}. `options`: `server`;
 * `name`, of what is kept, different for each package and person; `path`, where changes are posted;
 * `revision()`, what is sent with a change; and what is called:
 * `onState(state, error)` with "saved", "saving", "offline", "only-here" (offline, and the browser's
 * store takes no more), "signed-out" or "stopped";
 * `onSaved(answer, change)`; `onRefused(change, error)`, after which nothing is sent until `settle`.
 */
export class Outbox {
  constructor(options) {
    this.path = "change";
    this.revision = () => "";
    this.onState = this.onSaved = this.onRefused = () => {};
    Object.assign(this, options);
    this.items = [];
    this.kept = true;
    this.sending = null;
    this.stopped = false;
    this.tries = 0;
    this.windows = new Windows(this.name);
    window.addEventListener("online", () => this.flush());
    window.addEventListener("pagehide", () => this._last());
  }

  /** Take up what was not sent before a reload, or by a window that is gone. */
  async open() {
    this.items = await this.windows.open();
    if (this.items.length) this._keep();
    this._tell();
    return this.flush();
  }

  get empty() {
    return this.items.length === 0;
  }

  /** Keep a change and send it soon; `now`: without waiting for more keystrokes. */
  put(change, now = false) {
    const last = this.items.at(-1);
    // What was sent once may have arrived, though no answer came: it is sent again as it was.
    if (last && !last.tried && last.document === change.document) {
      last.tables = mergedTables(last.tables, change.tables);
      if (isNothing(last)) this.items.pop();
    } else if (!isNothing(change)) {
      this.items.push({ document: change.document, tables: change.tables, at: Date.now() });
    }
    this._keep();
    this._tell();
    if (now) this.flush();
    else this._wake(COLLECT);
  }

  /** Send what there is; resolves when nothing is left, or it cannot be sent now. */
  async flush() {
    this._sleep();
    if (this.running) return this.running;
    this.running = this._sendAll().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** Try what was refused again after a while. */
  later(after) {
    this.stopped = false;
    this._wake(after);
  }

  /** Put other changes in place of the one that was refused, none or more, and go on. */
  settle(...changes) {
    this.items.splice(0, 1, ...changes.filter((change) => !isNothing(change)).map((change) => ({ ...change, at: Date.now() })));
    this.stopped = false;
    this._keep();
    this._tell();
    return this.flush();
  }

  async _sendAll() {
    while (this.items.length && !this.stopped) {
      const item = this.items[0];
      item.tried = true;
      this._keep();
      this.sending = item;
      this._tell();
      try {
        const answer = await this.server.post(this.path, this._message(item));
        this.items.shift();
        this.tries = 0;
        this.sending = null;
        this._keep();
        this.onSaved(answer, item);
        this.windows.tell("saved");
      } catch (error) {
        this.sending = null;
        if (!(error instanceof ServerError)) throw error;
        this._failed(item, error);
        return;
      }
    }
    this._tell();
  }

  _message(item) {
    return { document: item.document, tables: item.tables, revision: this.revision() };
  }

  _failed(item, error) {
    if (error.status === 0 || error.status >= 500 || error.status === 429) {
      this.onState(this.kept ? "offline" : "only-here", error.message);
      this._wake(RETRY[Math.min(this.tries, RETRY.length - 1)]);
      this.tries += 1;
    } else if (error.status === 401) {
      this.onState("signed-out", error.message);
      this._wake(RETRY.at(-1));
    } else {
      // Nothing of it was saved, so what was typed since belongs to the same decision.
      while (this.items[1]?.document === item.document) {
        item.tables = mergedTables(item.tables, this.items.splice(1, 1)[0].tables);
      }
      this._keep();
      this.stopped = true;
      this.onState("stopped", error.message);
      this.onRefused(item, error);
    }
  }

  _tell() {
    if (this.stopped) return;
    if (this.tries && this.items.length) return;
    this.onState(this.items.length ? "saving" : "saved", "");
  }

  _keep() {
    this.kept = this.windows.keep(this.items);
  }

  _wake(after) {
    if (this.timer) return;
    this.timer = setTimeout(() => this.flush(), after);
  }

  _sleep() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  /** The window closes: send the rest without waiting; it is kept all the same, and may be sent twice. */
  _last() {
    if (this.stopped || !this.items.length || this.sending) return;
    this.items[0].tried = true;
    this._keep();
    this.server.post(this.path, this._message(this.items[0]), { keepalive: true }).catch(() => {});
  }
}

const ANSWER_TIME = 150;

/** The windows of one person in this browser: what each has kept, and which of them are still there. */
class Windows {
  constructor(name) {
    this.name = `${name}/outbox/`;
    this.id = "";
    this.channel = new BroadcastChannel(name);
    this.listeners = [];
    this.alive = new Set();
    this.channel.addEventListener("message", ({ data }) => this._heard(data));
  }

  /** Return what was kept by this window before a reload, and by those that are gone. */
  async open() {
    this.channel.postMessage({ kind: "who" });
    await new Promise((resolve) => setTimeout(resolve, ANSWER_TIME));
    const before = sessionStorage.getItem(this.name);
    // A window that was duplicated has the id of another one that is still there.
    this.id = before && !this.alive.has(before) ? before : Math.random().toString(36).slice(2, 10);
    sessionStorage.setItem(this.name, this.id);
    const items = [];
    for (const key of this._keys()) {
      const owner = key.slice(this.name.length);
      if (owner !== this.id && this.alive.has(owner)) continue;
      items.push(...read(key));
      if (owner !== this.id) this.orphans = [...(this.orphans ?? []), key];
    }
    return items.sort((a, b) => a.at - b.at);
  }

  /** Keep changes in the browser's store, and return whether it takes them: it may be full. */
  keep(items) {
    const key = this.name + this.id;
    try {
      if (items.length) localStorage.setItem(key, JSON.stringify(items));
      else localStorage.removeItem(key);
    } catch {
      return false;
    }
    for (const orphan of this.orphans ?? []) localStorage.removeItem(orphan);
    this.orphans = [];
    return true;
  }

  tell(kind) {
    this.channel.postMessage({ kind, id: this.id });
  }

  /** Call a function when another window has saved something. */
  onOther(listener) {
    this.listeners.push(listener);
  }

  _heard(data) {
    if (data.kind === "who" && this.id) this.tell("here");
    else if (data.kind === "here") this.alive.add(data.id);
    else if (data.kind === "saved") for (const listener of this.listeners) listener();
  }

  _keys() {
    return Object.keys(localStorage).filter((key) => key.startsWith(this.name));
  }
}

function read(key) {
  try {
    const items = JSON.parse(localStorage.getItem(key));
    return Array.isArray(items) ? items : [];
  } catch {
    return [];
  }
}

/** Return what makes two rows the same: their cells that are not empty. */
export function rowKey(row) {
  return JSON.stringify(Object.keys(row).filter((name) => row[name]).sort().map((name) => [name, row[name]]));
}

/** Return two changes of tables, one after the other, as one. */
export function mergedTables(first, second) {
  const merged = { ...first };
  for (const [name, later] of Object.entries(second)) {
    const earlier = merged[name] ?? { removed: [], added: [] };
    const undone = new Set(later.removed.map(rowKey));
    const made = new Set(earlier.added.map(rowKey));
    const removed = [...earlier.removed, ...later.removed.filter((row) => !made.has(rowKey(row)))];
    const added = [...earlier.added.filter((row) => !undone.has(rowKey(row))), ...later.added];
    merged[name] = withoutBoth(removed, added);
  }
  return merged;
}

/** Rows that are removed and added again do not change. */
function withoutBoth(removed, added) {
  const gone = new Set(removed.map(rowKey));
  const come = new Set(added.map(rowKey));
  return {
    removed: removed.filter((row) => !come.has(rowKey(row))),
    added: added.filter((row) => !gone.has(rowKey(row))),
  };
}

function isNothing(change) {
  return Object.values(change.tables).every(({ removed, added }) => !removed.length && !added.length);
}
