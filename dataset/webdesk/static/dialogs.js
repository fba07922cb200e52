/** Questions in the middle of the page, and short messages that a screen reader speaks. */

import { el, freshId } from "./dom.js";

/**
 * Ask a question; resolves to the value of the button that was pressed, or "" if it was given up.
 * `content`: elements or texts. `buttons`: [{label, value, main, danger}]. `check(value)`, if given, may
 * return false to keep the dialog open. `wide` makes it wide; with `must` it cannot be given up. What is in `content` may close the dialog
 * with `closest("dialog").press(value)`.
 */
export function ask({ title, content = [], buttons = [{ label: "Close", value: "", main: true }], check, wide, must, className = "" }) {
  const id = freshId("dialog");
  const back = document.activeElement;
  return new Promise((resolve) => {
    const dialog = el("dialog", { "aria-labelledby": id, class: `${wide ? "wide " : ""}${className}` });
    const close = async (value) => {
      if (check && value && (await check(value)) === false) return;
      dialog.close();
      dialog.remove();
      if (back?.isConnected) back.focus({ preventScroll: true });
      resolve(value);
    };
    const form = el("form", {
      method: "dialog",
      on: {
        submit: (event) => {
          event.preventDefault();
          close(buttons.find((button) => button.main)?.value ?? "");
        },
      },
    });
    const drawn = buttons.map((button) =>
      el("button", {
        // Enter in a field presses the first button that submits: only the main one does.
        type: button.main ? "submit" : "button",
        value: button.value,
        class: `${button.main ? "main" : ""} ${button.danger ? "danger" : ""}`.trim() || undefined,
        on: button.main ? {} : { click: () => close(button.value) },
      }, button.label),
    );
    form.append(
      el("h2", { id }, title),
      el("div", { class: "content" }, content),
      el("div", { class: "buttons" }, drawn),
    );
    dialog.append(form);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      if (!must) close("");
    });
    // A browser lets a second Escape through, whatever was done about the first.
    if (must) dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.preventDefault());
    document.body.append(dialog);
    dialog.showModal();
    const first = dialog.querySelector("[autofocus], .content input, .content textarea") ?? dialog.querySelector("button.main") ?? drawn[0];
    first?.focus();
    dialog.press = close;
  });
}

/** Say something to everybody: it is shown for a while, and spoken. `action`: {label, run}. */
export function say(message, { action, kind = "", lasting = false } = {}) {
  const box = place();
  const shown = el("div", { class: `message ${kind}`.trim() }, el("span", {}, message));
  const leave = () => shown.remove();
  if (action) {
    shown.append(el("button", { type: "button", on: { click: () => { leave(); action.run(); } } }, action.label));
  }
  shown.append(el("button", { type: "button", class: "plain", "aria-label": "Close this message", on: { click: leave } }, "×"));
  // Said again, it is not shown twice.
  for (const other of [...box.children]) if (other.firstChild.textContent === message) other.remove();
  while (box.children.length > 2) box.firstChild.remove();
  box.append(shown);
  if (!lasting) setTimeout(leave, 7000);
  return leave;
}

/** Have a screen reader speak something that others see elsewhere on the page. */
export function speak(message) {
  const voice = document.getElementById("voice");
  if (voice) voice.textContent = message;
}

function place() {
  let box = document.getElementById("messages");
  if (!box) {
    box = el("div", { id: "messages", role: "status", "aria-live": "polite" });
    document.body.append(box);
  }
  return box;
}
