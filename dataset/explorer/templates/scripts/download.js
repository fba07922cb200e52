// The rows that are shown, as they are published: all columns of the table, empty ones too. A cell
// like a formula is not changed: it is an error that the check of the file finds.
const cell = (name, row) => {
  const found = value(name, row);
  if (found === null) return "";
  if (typeof found === "number" && variables.get(name)?.decimal && Number.isInteger(found)) return found.toFixed(1);
  const text = String(found);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const download = () => {
  const lines = [layout.columns.join(","), ...rows.map((row) => layout.columns.map((name) => cell(name, row)).join(","))];
  const url = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
  el("a", { href: url, download: `${layout.table}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};
