/** What words of a document say as a value: a number, a day, a row by its name; null where that is not certain. */

import { plain } from "./combobox.js";

const ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(" ");
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const MONTHS = "january february march april may june july august september october november december".split(" ");
const MONTH = MONTHS.map((month) => (month.length > 4 ? `${month.slice(0, 3)}(?:${month.slice(3)}|\\.)?` : month)).join("|");
const WEEKDAYS = "mon(?:day)?|tues?(?:day)?|wed(?:nesday)?|thurs?(?:day)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?";

/** Return the number that words say, if they say one. */
export function numberIn(words) {
  const found = [...numbersIn(words)];
  return found.length === 1 ? found[0] : null;
}

function* numbersIn(words) {
  for (const match of words.matchAll(/(?<![\p{L}\p{Nd}])\p{Nd}+(?:[,.\u00a0\u202f' ]\p{Nd}{3})*(?:\.\p{Nd}+)?(?!\p{Nd})/gu)) {
    yield Number([...match[0]].map(digit).join("").replace(/[,\u00a0\u202f' ]|\.(?=\d{3}$)/g, ""));
  }
  let sum = null;
  for (const word of plain(words).split(/[^\p{L}]+/u)) {
    const value = ONES.indexOf(word) >= 0 ? ONES.indexOf(word) : TENS.indexOf(word) >= 0 ? 20 + 10 * TENS.indexOf(word) : null;
    if (value !== null && word !== "one") {
      const joins = sum !== null && sum >= 20 && sum % 10 === 0 && value < 10;
      if (sum !== null && !joins) yield sum;
      sum = joins ? sum + value : value;
    } else if (word === "hundred" && sum !== null) {
      sum *= 100;
    } else if (word === "thousand" && sum !== null) {
      sum *= 1000;
    } else if (sum !== null) {
      if (word === "one" && sum >= 20 && sum % 10 === 0) sum += 1;
      else if (word !== "and") {
        yield sum;
        sum = null;
      }
    }
  }
  if (sum !== null) yield sum;
}

/** Return a digit of any script as one of ours. */
function digit(character) {
  if (!/\p{Nd}/u.test(character)) return character;
  let point = character.codePointAt(0);
  let value = 0;
  // The digits of a script follow each other, from 0 to 9.
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(point - 1))) {
    point -= 1;
    value += 1;
  }
  return `${value}`;
}

/** Return the day that words give, as YYYY-MM-DD; `year` is that of a day without one. */
export function dayIn(words, year) {
  const text = plain(words);
  const day = (y, m, d) => {
    const date = new Date(Date.UTC(y, m - 1, d));
    const real = date.getUTCMonth() === m - 1 && date.getUTCDate() === d;
    return real ? date.toISOString().slice(0, 10) : null;
  };
  let match;
  if ((match = /\b(\d{4})-(\d\d?)-(\d\d?)\b/.exec(text))) return day(+match[1], +match[2], +match[3]);
  if ((match = /^\s*(\d{4})(\d\d)(\d\d)\s*$/.exec(text))) return day(+match[1], +match[2], +match[3]);
  const forms = [
    [new RegExp(`\\b(\\d\\d?)(?:st|nd|rd|th)?\\.?\\s+(?:of\\s+)?(${MONTH})\\b\\.?,?(?:\\s+(\\d{4}))?`, "g"), [1, 2, 3]],
    [new RegExp(`\\b(${MONTH})\\.?\\s+(\\d\\d?)(?:st|nd|rd|th)?\\b,?(?:\\s+(\\d{4}))?`, "g"), [2, 1, 3]],
  ];
  const found = new Set();
  for (const [form, [d, m, y]] of forms) {
    for (const one of text.matchAll(form)) {
      const month = MONTHS.findIndex((name) => name.startsWith(one[m].replace(".", "").slice(0, 3))) + 1;
      const of = one[y] ? +one[y] : year;
      if (of) found.add(day(of, month, +one[d]));
    }
    if (found.size) break;
  }
  return found.size === 1 ? [...found][0] : null;
}

/** Return the weekday of a day, as "Friday"; "" if it is none. */
export function weekday(day) {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return "";
  const date = new Date(`${day}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? "" : new Intl.DateTimeFormat("en", { weekday: "long", timeZone: "UTC" }).format(date);
}

/** Return whether words may say a number, a day, or a name. */
export function kindsOf(words) {
  const kinds = new Set();
  const text = plain(words);
  const numbers = [...ONES, ...TENS, "dozens?", "hundreds?", "thousands?", "several", "many", "scores", "few", "nobody", "none"].join("|");
  if (/\p{Nd}/u.test(words) || new RegExp(`\\b(?:${numbers})\\b`).test(text)) kinds.add("number");
  if (new RegExp(`\\b(?:${MONTH}|${WEEKDAYS}|yesterday|today|tonight|morning|evening|night|week|month|year)\\b`).test(text) || /\b(?:19|20)\d\d\b/.test(text)) kinds.add("day");
  if (/\p{Lu}\p{L}/u.test(words)) kinds.add("name");
  return kinds;
}

/** Return which kind of words a field is about. */
export function kindOf(field) {
  if (field.type === "date") return "day";
  if (["integer", "number"].includes(field.type) && !field.codes) return "number";
  return field.target ? "name" : "";
}
