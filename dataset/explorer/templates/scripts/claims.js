// Claims: what is said on the left, what contradicts it on the right, one row for each variable.
const claimCard = (claim) => {
  const quotes = [...new Set(claim.quotes.map((p) => p.words))];
  const longest = quotes.length ? quotes.reduce((a, b) => (a.length >= b.length ? a : b)) : "";
  const also = [
    claim.value ? ["Value", claim.value] : null,
    claim.actor && claim.actor !== claim.value ? ["About", claim.actor] : null,
    claim.relayed_by ? ["Passed on by", claim.relayed_by] : null,
  ].filter((x) => x);
  return el("div", { class: `claim ${claim.against ? "against" : "for"}` },
    el("p", {}, el("strong", {}, bdi(claim.claimant)), " ", el("span", { class: "act" }, inSentence(claim.act))),
    claim.words ? el("p", {}, bdi(claim.words)) : null,
    longest ? el("p", {}, quoted(longest)) : null,
    ...also.map(([title, said]) => el("p", {}, el("small", {}, `${title}: `, bdi(said)))),
    el("p", { class: "machine" }, el("small", {}, claim.id)));
};
const claimRows = (claims, whole = `The ${layout.one} as a whole`) => {
  const order = [...variables.keys()], about = new Map();
  for (const claim of claims) {
    const name = claim.variable || "";
    if (!about.has(name)) about.set(name, []);
    about.get(name).push(claim);
  }
  const place = (name) => (name === "" ? Infinity : order.indexOf(name));
  const nobody = () => el("p", { class: "nobody" }, el("span", { "aria-hidden": "true" }, "\u2013"), el("span", { class: "unseen" }, "nobody"));
  const column = (title, some) => el("div", {}, el("p", { class: "side" }, title), ...(some.length ? some.map(claimCard) : [nobody()]));
  return [...about.keys()].sort((a, b) => place(a) - place(b)).map((name) => {
    const some = about.get(name);
    const title = !name ? whole : variables.has(name) ? titleFor(name) : name;
    return el("div", { class: "matter" },
      title ? el("h4", {}, bdi(title), name ? el("code", { class: "machine" }, name) : null) : null,
      el("div", { class: "sides" }, column("Said", some.filter((c) => !c.against)), column("Contradicted", some.filter((c) => c.against))));
  });
};

// The section: the rows that are shown and have claims, then what is about none of them.
const CLAIMED = 20;
let claimsShown = 0;
const showClaims = () => {
  const into = $("claim-list");
  if (!into) return;
  const turn = ++claimsShown;
  const keys = rows.map(id).filter(hasClaims);
  const loose = rows.length === data.rows ? looseClaims() : [];
  const some = [...keys.slice(0, CLAIMED), ...loose];
  Promise.all(some.map(evidenceOf)).then((found) => {
    if (turn !== claimsShown) return;
    into.replaceChildren(...found.flatMap(({ claims }, n) => {
      const row = place.get(some[n]);
      const heading = row === undefined ? `About no single ${layout.one}` : el("button", { type: "button", class: "link", onclick: () => choose(some[n]) }, label(row));
      return [el("h3", {}, heading), ...(row === undefined ? claimRows(claims, "") : claimRows(claims))];
    }), ...(some.length ? [] : [el("p", { class: "hint" }, `There are no claims about the ${layout.several} that are shown.`)]),
    ...(keys.length > CLAIMED ? [el("p", { class: "hint" }, `The claims about the first ${CLAIMED} of ${keys.length.toLocaleString("en")} ${layout.several} are shown; each ${layout.one} shows its own.`)] : []));
  });
};
