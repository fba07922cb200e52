/** A caret in the document for the keyboard: by word, sentence and paragraph, with words picked as it goes. */

/** Moves through a DocumentText; `place` is {paragraph, anchor, focus}, both ends [from, to] in UTF-16 units. */
export class Caret {
  constructor(text) {
    this.text = text;
    this.place = null;
  }

  /** Put the caret at a span, or at the first word of the document. */
  put(span) {
    if (span) {
      const ends = this.text.units(span);
      this.place = { paragraph: span.paragraph, anchor: ends, focus: ends };
    } else {
      this.place = this._first(1, "word", 1);
    }
  }

  /** Return what is picked as a span. */
  span() {
    if (!this.place) return null;
    const { paragraph, anchor, focus } = this.place;
    return this.text.span(paragraph, Math.min(anchor[0], focus[0]), Math.max(anchor[1], focus[1]));
  }

  /** Move by a "word", "sentence" or "paragraph", forwards (1) or back (-1); `extend` keeps where it began. */
  move(kind, way, extend) {
    if (!this.place) {
      this.put(null);
      return;
    }
    const { paragraph, anchor, focus } = this.place;
    if (kind === "paragraph") {
      this._toParagraph(paragraph + way, extend);
      return;
    }
    const next = this._next(paragraph, focus, kind, way);
    if (next) this.place = { paragraph, anchor: extend ? anchor : next, focus: next };
    else if (!extend) this._toParagraph(paragraph + way, false, way);
  }

  /** Move to an end of the paragraph. */
  toEnd(way, extend) {
    const { paragraph, anchor } = this.place ?? this._first(1, "word", 1);
    const last = this._first(paragraph, "word", -way);
    if (last) this.place = { paragraph, anchor: extend ? anchor : last.focus, focus: last.focus };
  }

  _toParagraph(paragraph, extend, way = 1) {
    const count = this.text.paragraphs.length;
    if (extend) {
      this.toEnd(way, true);
      return;
    }
    if (paragraph >= 1 && paragraph <= count) this.place = this._first(paragraph, "word", way) ?? this.place;
  }

  _first(paragraph, kind, way) {
    const length = this.text.paragraphs[paragraph - 1]?.words.length ?? 0;
    const found = this._next(paragraph, way > 0 ? [0, 0] : [length, length], kind, way);
    return found ? { paragraph, anchor: found, focus: found } : null;
  }

  /** Return the next word or sentence after (before) one; blanks and signs between them are passed. */
  _next(paragraph, [from, to], kind, way) {
    const segments = this.text.segments(paragraph, kind);
    const length = this.text.paragraphs[paragraph - 1].words.length;
    let at = way > 0 ? to : from - 1;
    while (at >= 0 && at < length) {
      const part = segments.containing(at);
      const ends = [part.index, part.index + part.segment.length];
      if (kind === "sentence" ? part.segment.trim() : part.isWordLike) return ends;
      at = way > 0 ? ends[1] : ends[0] - 1;
    }
    return null;
  }
}

/** Return a span whose "start" or "end" is one word or sign further on (1) or back (-1); null if it cannot be. */
export function stretched(text, span, which, way) {
  const [from, to] = text.units(span);
  const segments = text.segments(span.paragraph, "word");
  const length = text.paragraphs[span.paragraph - 1].words.length;
  const part = (at) => {
    while (at >= 0 && at < length) {
      const found = segments.containing(at);
      if (found.segment.trim()) return [found.index, found.index + found.segment.length];
      at = way > 0 ? found.index + found.segment.length : found.index - 1;
    }
    return null;
  };
  if (which === "end") {
    if (way > 0) return text.span(span.paragraph, from, part(to)?.[1] ?? to);
    const last = part(to - 1);
    return last && last[0] > from ? text.span(span.paragraph, from, last[0]) : null;
  }
  if (way < 0) return text.span(span.paragraph, part(from - 1)?.[0] ?? from, to);
  const first = part(from);
  return first && first[1] < to ? text.span(span.paragraph, first[1], to) : null;
}
