// The quotes and claims: all in the page, or in parts beside it that are loaded when they are needed.
// A page that is a file may not fetch, so each part is a script that hands over what it has.
const proofs = by(data.quotes, "row");
const claimProofs = by(data.quotes, "claim");
const claimsAbout = by(data.claims, "about");
const inParts = data.parts || null;
const claimedRows = inParts && new Set(inParts.claimed);
const loaded = new Map();
const partOf = (key) => (place.has(key) ? Math.floor(place.get(key) / inParts.rows) : inParts.count - 1);
const addTo = (index, some, word) => {
  for (const [key, found] of by(some, word)) index.set(key, found);
};
window.evidencePart = (number, part) => {
  const names = Object.keys(part.quotes), quotes = [];
  const first = names.length ? part.quotes[names[0]] : [];
  const count = (first.at || first).length;
  for (let n = 0; n < count; n++) {
    const quote = {};
    for (const name of names) {
      const cell = at(part.quotes[name], n);
      if (cell !== null) quote[name] = cell;
    }
    quotes.push(quote);
  }
  addTo(proofs, quotes, "row");
  addTo(claimProofs, quotes, "claim");
  addTo(claimsAbout, part.claims, "about");
};
const loadPart = (number) => {
  if (!loaded.has(number)) loaded.set(number, new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = `${encodeURIComponent(inParts.folder)}/${String(number).padStart(4, "0")}.js`;
    script.addEventListener("load", () => { script.remove(); done(); });
    script.addEventListener("error", () => { script.remove(); loaded.delete(number); failed(new Error(script.src)); });
    document.head.append(script);
  }));
  return loaded.get(number);
};
const here = (key) => ({
  quotes: proofs.get(key) || [],
  claims: (claimsAbout.get(key) || []).map((claim) => ({ ...claim, quotes: claimProofs.get(claim.id) || [] })),
});
// The evidence of a row: its quotes, and the claims about it, each with its own quotes.
const evidenceOf = (key) => (inParts ? loadPart(partOf(key)).then(() => here(key), () => { missingPart(); return here(key); }) : Promise.resolve(here(key)));
const hasClaims = (key) => (inParts ? claimedRows.has(place.get(key)) : claimsAbout.has(key));
const looseClaims = () => (inParts ? inParts.loose : [...claimsAbout.keys()].filter((key) => !place.has(key)));
const missingPart = () => {
  if (has("missing-part")) return;
  const said = `The quotes and claims cannot be read: the folder ${inParts.folder} must be beside this page.`;
  document.querySelector("header").append(el("p", { id: "missing-part", class: "note", role: "alert" }, said));
};
// The texts about a row that are in none of its cells.
const spokenOf = (key) => [
  ...(proofs.get(key) || []).map((proof) => proof.words),
  ...(claimsAbout.get(key) || []).flatMap((claim) => [claim.words, claim.claimant, ...(claimProofs.get(claim.id) || []).map((proof) => proof.words)]),
  ...(proofs.get(key) || []).map((proof) => proof.because),
].filter((text) => text);
// A search in the words needs all parts: they are loaded once, one after the other.
let whole = null, wholeRead = !inParts;
const loadAll = (progress, done) => {
  if (whole || wholeRead) return;
  whole = (async () => {
    for (let number = 0; number < inParts.count; number++) {
      progress(number, inParts.count);
      await loadPart(number);
    }
    wholeRead = true;
    done();
  })().catch(() => { whole = null; missingPart(); });
};
