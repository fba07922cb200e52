/** The text of a document: code points, paragraphs on the page, selected words, highlights. */

import { el, fill } from "./dom.js";

/**
 * Offsets of a text in code points, as files count them, and in UTF-16 units, as the browser does.
 * Only characters beyond U+FFFF make a difference; their places are kept, in code points.
 */
export class Points {
  constructor(text) {
    this.text = text;
    this.wide = [];
    // Most texts have none, and a search for them is fast.
    const pattern = /[\ud800-\udbff][\udc00-\udfff]/g;
    for (let found; (found = pattern.exec(text)); ) this.wide.push(found.index - this.wide.length);
    this.length = text.length - this.wide.length;
  }

  /** Return the offset in UTF-16 units of an offset in code points. */
  toUnits(point) {
    return point + below(this.wide, (place) => place < point);
  }

  /** Return the offset in code points of an offset in UTF-16 units; within a pair, that of its start. */
  toPoints(unit) {
    return unit - below(this.wide, (place, n) => place + n < unit);
  }

  /** Return the characters between two offsets in code points. */
  slice(start, end) {
    return this.text.slice(this.toUnits(start), this.toUnits(end));
  }
}

const CHUNK = 50;

/** Put the paragraphs of a long document into parts, which the browser lays out when they come into view. */
function inChunks(drawn) {
  if (drawn.length <= CHUNK * 2) return drawn;
  const chunks = [];
  for (let n = 0; n < drawn.length; n += CHUNK) chunks.push(el("div", { class: "chunk" }, drawn.slice(n, n + CHUNK)));
  return chunks;
}

/** Return how many of the first entries of a sorted list fulfil a condition. */
function below(list, condition) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (condition(list[middle], middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A document on the page: `show` draws it into an element, the rest is about what it shows. */
export class DocumentText {
  constructor(parent) {
    this.parent = parent;
    this.points = new Points("");
    this.paragraphs = [];
    this.nodes = [];
  }

  /** Draw a document: {text, paragraphs: [[start, end]] in code points, language, direction}. */
  show({ text, paragraphs, language, direction }) {
    this.points = new Points(text);
    this.language = language || undefined;
    this.paragraphs = paragraphs.map(([start, end], n) => ({
      number: n + 1,
      start,
      end,
      words: this.points.slice(start, end),
    }));
    this.nodes = [];
    const drawn = this.paragraphs.map((paragraph) => {
      const words = document.createTextNode(paragraph.words);
      this.nodes.push(words);
      const text_ = el("p", { dir: "auto", lang: this.language, "data-paragraph": paragraph.number }, words);
      return el("div", { class: "paragraph", id: `p${paragraph.number}` },
        el("span", { class: "number", "aria-hidden": "true", "data-number": paragraph.number }), text_);
    });
    this.parent.dir = direction || "ltr";
    this.parent.style.setProperty("--digits", `${paragraphs.length}`.length);
    fill(this.parent, ...inChunks(drawn));
  }

  /** Return a span of the text, without blanks at its ends; null if nothing is left of it. */
  span(paragraph, from, to) {
    const words = this.paragraphs[paragraph - 1].words;
    while (from < to && /\s/.test(words[from])) from += 1;
    while (to > from && /\s/.test(words[to - 1])) to -= 1;
    // Half a pair is no character: it is taken whole.
    if (isSecondHalf(words, from)) from -= 1;
    if (isSecondHalf(words, to)) to += 1;
    if (from >= to) return null;
    const before = this.points.toUnits(this.paragraphs[paragraph - 1].start);
    const start = this.points.toPoints(before + from);
    const end = this.points.toPoints(before + to);
    return { paragraph, start, end, words: this.points.slice(start, end) };
  }

  /** Return the whole of a paragraph as a span. */
  whole(paragraph) {
    return this.span(paragraph, 0, this.paragraphs[paragraph - 1].words.length);
  }

  /** Return the span between two offsets in code points; null if they are not in one paragraph. */
  between(start, end) {
    const paragraph = this.paragraphs[below(this.paragraphs, (one) => one.start <= start) - 1];
    if (!paragraph || start >= end || end > paragraph.end) return null;
    return { paragraph: paragraph.number, start, end, words: this.points.slice(start, end) };
  }

  /** Return where a span lies in its paragraph, in UTF-16 units. */
  units({ paragraph, start, end }) {
    const before = this.points.toUnits(this.paragraphs[paragraph - 1].start);
    return [this.points.toUnits(start) - before, this.points.toUnits(end) - before];
  }

  /**
   * Return what is selected in the document as a span, which lies in one paragraph: the first one
   * with selected words. `cut` says that more was selected. Null if nothing is.
   */
  selected(selection = document.getSelection()) {
    if (!selection || selection.rangeCount === 0 || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!range.intersectsNode(this.parent)) return null;
    let span = null;
    for (let n = this._firstIn(range); n < this.nodes.length; n += 1) {
      const part = overlap(range, this.nodes[n]);
      if (part === null) {
        if (range.comparePoint(this.nodes[n], 0) > 0) break;
        continue;
      }
      const found = this.span(n + 1, ...part);
      if (found && span) return { ...span, cut: true };
      span ??= found;
    }
    return span;
  }

  _firstIn(range) {
    const node = range.startContainer;
    const near = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest("[data-paragraph]");
    return near && this.parent.contains(near) ? Number(near.dataset.paragraph) - 1 : 0;
  }

  /** Return a span as a range of the page. */
  range(span) {
    const node = this.nodes[span.paragraph - 1];
    const [from, to] = this.units(span);
    return new StaticRange({ startContainer: node, startOffset: from, endContainer: node, endOffset: to });
  }

  /** Light up spans under a name of the style sheet; higher priorities are drawn over lower ones. */
  light(name, spans, priority = 0) {
    if (!globalThis.CSS?.highlights) return;
    const highlight = new Highlight(...spans.map((span) => this.range(span)));
    highlight.priority = priority;
    CSS.highlights.set(name, highlight);
  }

  /** Return the box of a span in the window. */
  box(span) {
    const range = document.createRange();
    const node = this.nodes[span.paragraph - 1];
    const [from, to] = this.units(span);
    range.setStart(node, from);
    range.setEnd(node, to);
    return range.getBoundingClientRect();
  }

  /** Bring a span into view, if it is not. */
  reveal(span) {
    this.nodes[span.paragraph - 1].parentElement.scrollIntoView({ block: "nearest" });
    const box = this.box(span);
    const frame = scroller(this.parent);
    const shown = frame.getBoundingClientRect();
    const top = Math.max(shown.top, 0);
    const bottom = Math.min(shown.bottom, window.innerHeight);
    if (box.top >= top + 8 && box.bottom <= bottom - 8) return;
    frame.scrollBy({ top: box.top - top - (bottom - top) / 3, behavior: "instant" });
  }

  /** Return the spans in which words are written, blanks and capitals aside, from one place on and round. */
  find(words, from = 0, most = 200) {
    const asked = words.trim();
    if (!asked) return [];
    const escaped = asked.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pattern = new RegExp(escaped.join("\\s+"), "giu");
    const found = [];
    for (const paragraph of this.paragraphs) {
      for (const match of paragraph.words.matchAll(pattern)) {
        const span = this.span(paragraph.number, match.index, match.index + match[0].length);
        if (span) found.push(span);
        if (found.length >= most) break;
      }
    }
    const next = found.findIndex((span) => span.start >= from);
    return next > 0 ? [...found.slice(next), ...found.slice(0, next)] : found;
  }

  /** Return the span of the sentence or word around a place of a paragraph, in UTF-16 units. */
  around(paragraph, unit, kind) {
    const part = this.segments(paragraph, kind).containing(unit);
    return part ? [part.index, part.index + part.segment.length] : null;
  }

  /** Return a paragraph cut into its words or sentences by the rules of its language. */
  segments(paragraph, kind) {
    this._segments ??= new Map();
    const words = this.paragraphs[paragraph - 1].words;
    const key = `${kind} ${paragraph}`;
    const cut = this._segments.get(key);
    if (cut?.words === words) return cut.segments;
    const segments = segmenter(this.language, kind).segment(words);
    this._segments.set(key, { words, segments });
    return segments;
  }
}

const segmenters = new Map();

function segmenter(language, granularity) {
  const key = `${language} ${granularity}`;
  if (!segmenters.has(key)) segmenters.set(key, newSegmenter(language, granularity));
  return segmenters.get(key);
}

function newSegmenter(language, granularity) {
  try {
    return new Intl.Segmenter(language, { granularity });
  } catch {
    // Not every language of a document has a code that the browser knows.
    return new Intl.Segmenter(undefined, { granularity });
  }
}

function isSecondHalf(text, at) {
  return at > 0 && at < text.length && /[\udc00-\udfff]/.test(text[at]) && /[\ud800-\udbff]/.test(text[at - 1]);
}

/** Return the part of a text node that a range covers, in UTF-16 units; null if it covers none. */
function overlap(range, node) {
  const from = range.startContainer === node ? range.startOffset : range.comparePoint(node, 0) === 0 ? 0 : null;
  const last = node.length;
  const to = range.endContainer === node ? range.endOffset : range.comparePoint(node, last) === 0 ? last : null;
  return from === null || to === null || from >= to ? null : [from, to];
}

function scroller(element) {
  for (let at = element; at; at = at.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowY) && at.scrollHeight > at.clientHeight) return at;
  }
  return document.scrollingElement;
}
