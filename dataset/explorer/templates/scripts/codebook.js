"use strict";
{
  const one = (id) => document.getElementById(id);
  // Found without marks on letters, and with either of the two Turkish letters i.
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("\u0131", "i");
  const parts = [...document.querySelectorAll(".part")].map((node) => ({
    node,
    title: plain(node.querySelector("summary").textContent),
    entries: [...node.querySelectorAll(".entry")].map((entry) => ({ entry, text: plain(entry.textContent) })),
  }));
  const sections = [...document.querySelectorAll("main > section")];
  const narrow = matchMedia("(max-width: 52rem)");
  const total = parts.reduce((sum, part) => sum + part.entries.length, 0);
  // A phone shows the parts as a list; a wide window opens those that are read first.
  const opened = (part) => !narrow.matches && part.node.dataset.wide !== undefined;
  const arrange = () => {
    for (const part of parts) part.node.open = opened(part);
    one("contents").open = !narrow.matches;
  };
  const look = () => {
    const words = plain(one("search").value).split(/\s+/).filter((word) => word);
    const fits = (text) => words.every((word) => text.includes(word));
    let shown = 0;
    for (const part of parts) {
      const whole = words.length > 0 && fits(part.title);
      let some = 0;
      for (const { entry, text } of part.entries) {
        entry.hidden = !whole && !fits(text);
        some += !entry.hidden;
      }
      part.node.hidden = !some;
      part.node.open = words.length ? some > 0 && some <= 60 : opened(part);
      shown += some;
    }
    for (const section of sections) {
      const own = [...section.querySelectorAll(".part")];
      section.hidden = words.length > 0 && own.every((node) => node.hidden);
    }
    one("found").textContent = words.length ? `${shown.toLocaleString("en")} of ${total.toLocaleString("en")} entries` : "";
  };
  const follow = () => {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* An address that was cut. */ }
    const node = name && one(name);
    const part = node && node.closest(".part");
    if (!part) return;
    if (one("search").value) { one("search").value = ""; look(); }
    part.open = true;
    node.scrollIntoView();
  };
  // What scrolls sideways can be scrolled with the keyboard too.
  const reachable = () => {
    for (const node of document.querySelectorAll(".guide pre, .guide .wide")) {
      if (node.scrollWidth > node.clientWidth) node.tabIndex = 0;
      else node.removeAttribute("tabindex");
    }
  };
  for (const part of parts) part.node.addEventListener("toggle", reachable);
  window.addEventListener("resize", reachable);
  one("search").addEventListener("input", look);
  window.addEventListener("hashchange", follow);
  narrow.addEventListener("change", arrange);
  arrange();
  if (one("search").value) look();
  follow();
  reachable();
}
