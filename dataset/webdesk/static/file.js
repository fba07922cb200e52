/** Filing documents: first what would be frozen and what is against it, then for good. */

import { ask, say } from "./dialogs.js";
import { el, fill } from "./dom.js";

/** `desk`: server, book, `documents()`, `current()`, `settled()` (everything is saved), `filed(answer)`. */
export async function fileDialog(desk) {
  if (!(await desk.settled())) {
    say("Something is not saved yet; filing waits until it is.", { kind: "wrong" });
    return;
  }
  const documents = (await desk.documents()).filter((one) => !one.filed || one.may_amend);
  if (!documents.length) {
    await ask({ title: "Nothing to file", content: "All documents are filed, and a second coder has filed them, too." });
    return;
  }
  const current = desk.current();
  const boxes = documents.map((one) => {
    const box = el("input", { type: "checkbox", value: one.id, name: "document", checked: one.id === current });
    return el("label", { class: "choice" }, box, el("span", { dir: "auto" }, `${one.id} · ${one.title}`), one.filed ? el("small", {}, ` filed ${one.filed_on}, may be amended`) : null);
  });
  const reason = el("input", { type: "text", autocomplete: "off" });
  const amending = el("label", { class: "stack", hidden: true }, el("span", {}, "Why is it filed again?"), reason);
  const report = el("div", { class: "report", "aria-live": "polite" });
  const chosen = () => boxes.map((label) => label.querySelector("input")).filter((box) => box.checked).map((box) => box.value);
  const again = () => documents.some((one) => one.filed && chosen().includes(one.id));
  let possible = false;

  const rehearse = async () => {
    amending.hidden = !again();
    const names = chosen();
    possible = false;
    if (!names.length) {
      fill(report, el("p", {}, "No document is chosen."));
      return;
    }
    fill(report, el("p", { class: "soft" }, "Checking …"));
    try {
      const answer = await desk.server.post("file", { documents: names, dry_run: true, amendment: again() ? reason.value.trim() || "…" : "" });
      possible = answer.can_be_filed;
      fill(report, ...outcome(desk.book, answer));
    } catch (error) {
      fill(report, el("p", { class: "finding error" }, error.message));
    }
  };
  for (const label of boxes) label.addEventListener("change", rehearse);

  const file = async () => {
    if (!possible) {
      await rehearse();
      if (!possible) return false;
    }
    try {
      const answer = await desk.server.post("file", { documents: chosen(), dry_run: false, amendment: again() ? reason.value.trim() : "" });
      if (!answer.filed) {
        fill(report, ...outcome(desk.book, answer));
        return false;
      }
      desk.filed(answer);
      return true;
    } catch (error) {
      fill(report, el("p", { class: "finding error" }, error.message));
      return false;
    }
  };
  rehearse();
  await ask({
    title: "File",
    className: "filing",
    wide: true,
    content: [el("p", { class: "soft" }, "What is filed is frozen: it is compared with what others filed, and no longer changed."), el("fieldset", {}, el("legend", {}, "Documents"), boxes), amending, report],
    buttons: [{ label: "Not now", value: "" }, { label: "File", value: "file", main: true }],
    check: file,
  });
}

function outcome(book, answer) {
  const parts = [];
  if (answer.can_be_filed || answer.filed) {
    const rows = Object.entries(answer.rows).filter(([, count]) => count).map(([name, count]) => `${count} ${book.table(name)?.row[count === 1 ? 0 : 1] ?? name}`);
    parts.push(el("p", { class: "good" }, `It can be filed: ${rows.join(", ") || "no rows"}.`));
    parts.push(el("p", { class: "soft" }, `They will be frozen in ${answer.folder}.`));
  } else {
    parts.push(el("p", { class: "finding error" }, "It cannot be filed yet."));
  }
  const lines = answer.lines.filter(Boolean);
  if (lines.length) parts.push(el("ul", { class: "lines" }, lines.map((line) => el("li", { dir: "auto" }, line))));
  return parts;
}
