// The map: land of Natural Earth, places as points, areas as discs; in the projection of Mercator.
const SINGLE = 80, FAN = 14;
// Radius in km: an area has no measured size here, only a kind, and the page says so.
const RADII = { area: 10, district: 20, division: 45, part: 90, country: 150, outside: 90 };
const KM = 111.32;
const mercator = (latitude) => Math.log(Math.tan(Math.PI / 4 + Math.max(-84, Math.min(84, latitude)) * Math.PI / 360)) * 180 / Math.PI;
const latitudeOf = (y) => (2 * Math.atan(Math.exp(y * Math.PI / 180)) - Math.PI / 2) * 180 / Math.PI;
const lands = (data.background || { land: [] }).land.map((one) => ({ ...one, projected: one.rings.map((ring) => ring.map((n, at) => (at % 2 ? mercator(n) : n))) }));
const boxOf = ([west, south, east, north]) => ({ west, east, south: mercator(south), north: mercator(north) });
const limits = data.background && boxOf(data.background.box);
const pen = document.createElement("canvas").getContext("2d");
const FONT = 'system-ui, "Noto Sans", "Noto Sans Arabic", sans-serif';

// A view: the middle in degrees (the height as Mercator has it), and pixels for a degree.
let view = null, sized = "";
const fitted = (box, wide, high) => ({
  x: (box.west + box.east) / 2, y: (box.south + box.north) / 2, scale: Math.min(wide / (box.east - box.west), high / (box.north - box.south)),
});
// No further out than the land that the page has, no further in than a map of countries is good for.
const CLOSEST = 3000;
const held = ({ x, y, scale }, wide, high) => {
  const fit = fitted(boxOf(data.background.frame), wide, high).scale;
  const least = Math.min(fit, Math.max(wide / (limits.east - limits.west), high / (limits.north - limits.south)));
  const size = Math.min(Math.max(scale, least), Math.max(fit, CLOSEST)), w = wide / size / 2, h = high / size / 2;
  const within = (at, low, top, half) => (top - low <= 2 * half ? (low + top) / 2 : Math.min(Math.max(at, low + half), top - half));
  return { x: within(x, limits.west, limits.east, w), y: within(y, limits.south, limits.north, h), scale: size };
};
const around = (spots) => {
  let west = 180, east = -180, south = 90, north = -90;
  for (const { longitude: x, latitude: y } of spots) { west = Math.min(west, x); east = Math.max(east, x); south = Math.min(south, y); north = Math.max(north, y); }
  const w = Math.max(1.2, (east - west) * 1.3) / 2, h = Math.max(1.2, (north - south) * 1.3) / 2, x = (west + east) / 2, y = (south + north) / 2;
  return boxOf([x - w, y - h, x + w, y + h]);
};

const spotsOf = (some) => {
  const found = new Map(), without = [];
  const { latitude: ys, longitude: xs, precision } = roles.point;
  for (const row of some) {
    const latitude = value(ys, row), longitude = value(xs, row);
    if (latitude === null || longitude === null || Math.abs(latitude) > 90) { without.push(row); continue; }
    const sure = knownPlace(row), extent = sure ? "site" : layout.extents[String(value(precision, row))] ?? "area";
    const key = `${latitude} ${longitude} ${extent}`;
    let one = found.get(key);
    if (!one) found.set(key, one = { latitude, longitude, sure, extent, rows: [], name: spot(row).length ? shown(spot(row)[0], row) : null });
    one.rows.push(row);
  }
  return [[...found.values()], without];
};

// Labels take their place in turn; one that would cover another is left out.
const labelling = (wide, high) => {
  const taken = [];
  const free = (box, keep) => {
    const [x, y, w, h] = box;
    if (x < 3 || y < 3 || x + w > wide - 3 || y + h > high - 3) return false;
    if (taken.some(([a, b, c, d]) => x < a + c && a < x + w && y < b + d && b < y + h)) return false;
    if (keep) taken.push(box);
    return true;
  };
  return { free, take: (box) => taken.push(box) };
};
const widthOf = (text, font) => { pen.font = font; return pen.measureText(text).width; };

// The point of a land in the view that is farthest from its edges, on a grid.
const labelPoint = (ring, wide, high, half) => {
  let left = wide, right = 0, top = high, bottom = 0;
  for (let n = 0; n < ring.length; n += 2) { left = Math.min(left, ring[n]); right = Math.max(right, ring[n]); top = Math.min(top, ring[n + 1]); bottom = Math.max(bottom, ring[n + 1]); }
  left = Math.max(left, 0); right = Math.min(right, wide); top = Math.max(top, 0); bottom = Math.min(bottom, high);
  if (right - left < half || bottom - top < 14) return null;
  let found = null, far = 0;
  for (let i = 0.5; i < 14; i++) for (let j = 0.5; j < 14; j++) {
    const x = left + (right - left) * i / 14, y = top + (bottom - top) * j / 14;
    let inside = false, near = Math.min(x, wide - x, (y - 0) * 2.2, (high - y) * 2.2);
    for (let n = 0, m = ring.length - 2; n < ring.length; m = n, n += 2) {
      const ax = ring[n], ay = ring[n + 1], bx = ring[m], by = ring[m + 1];
      if ((ay > y) !== (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax) inside = !inside;
      near = Math.min(near, Math.hypot(ax - x, (ay - y) * 2.2));
      if (near <= far) break;
    }
    if (near > far) {
      // The way along the ring was not cut short, so that `inside` is sure.
      if (inside) { far = near; found = [x, y]; }
    }
  }
  return found;
};
const areaOf = (ring) => { let sum = 0; for (let n = 0, m = ring.length - 2; n < ring.length; m = n, n += 2) sum += ring[m] * ring[n + 1] - ring[n] * ring[m + 1]; return Math.abs(sum); };

const ground = (to, wide, high, place) => {
  const layer = svg("g", { class: "ground" }), names = svg("g", { class: "countries", "aria-hidden": "true" });
  for (const one of lands) {
    const rings = one.projected.map((ring) => { const made = new Array(ring.length); for (let n = 0; n < ring.length; n += 2) { made[n] = to.x(ring[n]); made[n + 1] = to.y(ring[n + 1]); } return made; });
    const text = rings.map((ring) => { let d = ""; for (let n = 0; n < ring.length; n += 2) d += `${n ? "L" : "M"}${ring[n].toFixed(1)},${ring[n + 1].toFixed(1)}`; return `${d}Z`; }).join("");
    layer.append(svg("path", { d: text, class: one.own ? "own" : "", "fill-rule": "evenodd" }));
    const ring = rings.reduce((a, b) => (areaOf(a) >= areaOf(b) ? a : b)), size = one.own ? 14 : 12;
    const w = widthOf(one.name.toUpperCase(), `600 ${size}px ${FONT}`) + one.name.length * 1.6;
    const at = labelPoint(ring, wide, high, one.own ? w * 0.4 : w * 0.75);
    if (at && place.free([at[0] - w / 2, at[1] - 9, w, 18], true)) names.append(svg("text", { x: at[0].toFixed(1), y: (at[1] + 4).toFixed(1), class: one.own ? "own" : "" }, one.name));
  }
  return [layer, names];
};
const cityNames = (to, wide, place) => {
  const layer = svg("g", { class: "cities", "aria-hidden": "true" }), most = wide < 560 ? 7 : 16;
  let drawn = 0;
  for (const [name, longitude, latitude] of data.background.cities) {
    if (drawn >= most) break;
    const x = to.x(longitude), y = to.y(mercator(latitude)), w = widthOf(name, `12px ${FONT}`) + 4;
    if (!place.free([x - 4, y - 4, 8, 8])) continue;
    const [at, anchor] = place.free([x + 5, y - 8, w, 16]) ? [x + 6, "start"] : place.free([x - 5 - w, y - 8, w, 16]) ? [x - 6, "end"] : [];
    if (at === undefined) continue;
    place.take(anchor === "start" ? [x - 4, y - 8, w + 10, 16] : [x - 6 - w, y - 8, w + 10, 16]);
    layer.append(svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 2 }), svg("text", { x: at.toFixed(1), y: (y + 4).toFixed(1), "text-anchor": anchor }, name));
    drawn++;
  }
  return layer;
};

const dot = (row, x, y, r, extra = {}) => mark(svg("g", { class: "dot", "data-of": id(row), style: `--type:${colourOf(typeOf(row))}`, ...extra },
  svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 13, class: "hit" }), svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r })), ofRow(row));
// One row is its place; several on one spot are fanned out around it, each with a line to it.
const fan = (one, x, y, disc) => {
  const group = svg("g", { class: one.sure ? "site" : "somewhere" }), many = one.rows.length;
  if (!one.sure) group.append(svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: disc.toFixed(1), class: "disc" }));
  if (one.sure && many === 1) { group.append(dot(one.rows[0], x, y, 7)); return group; }
  // Beads on the edge of an area say that something was within it, and not where.
  const reach = one.sure ? Math.max(22, many * 4.4) : Math.max(disc, many * 4.4);
  if (one.sure) group.append(svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 2.5, class: "pin" }));
  one.rows.forEach((row, n) => {
    const angle = one.sure ? -Math.PI / 2 + 2 * Math.PI * n / many : -Math.PI / 2 + (n - (many - 1) / 2) * Math.min(2 * Math.PI / many, 30 / reach);
    const bx = x + reach * Math.cos(angle), by = y + reach * Math.sin(angle);
    if (one.sure) group.append(svg("line", { x1: x.toFixed(1), y1: y.toFixed(1), x2: bx.toFixed(1), y2: by.toFixed(1) }));
    group.append(dot(row, bx, by, 7));
  });
  return group;
};
const shares = (some, x, y, r) => {
  const counts = new Map();
  for (const row of some) counts.set(typeOf(row), (counts.get(typeOf(row)) || 0) + 1);
  if (counts.size === 1) { const [type] = counts.keys(); return [svg("circle", { cx: x, cy: y, r, style: `fill:${colourOf(type)};stroke:${colourOf(type)}` })]; }
  let turn = -Math.PI / 2;
  return [...counts].sort((a, b) => b[1] - a[1]).map(([type, count]) => {
    const end = turn + 2 * Math.PI * count / some.length, far = count * 2 > some.length ? 1 : 0;
    const d = `M${x},${y}L${x + r * Math.cos(turn)},${y + r * Math.sin(turn)}A${r},${r} 0 ${far} 1 ${x + r * Math.cos(end)},${y + r * Math.sin(end)}Z`;
    turn = end;
    return svg("path", { d, style: `fill:${colourOf(type)};stroke:${colourOf(type)}` });
  });
};
const heap = (one, x, y, many) => {
  const r = Math.round((many ? 2.2 + 1.1 * Math.sqrt(one.rows.length) : 6 + 3 * Math.sqrt(one.rows.length)) * 10) / 10;
  const title = `${counted(one.rows.length)}${one.name === null ? "" : `: ${one.name}`}`;
  const group = svg("g", { class: one.sure ? "spot" : "spot rough" }, ...shares(one.rows, Math.round(x * 10) / 10, Math.round(y * 10) / 10, Math.min(r, 26)));
  if (!many && one.rows.length > 1) group.append(svg("text", { x: x.toFixed(1), y: (y + 4).toFixed(1) }, one.rows.length));
  return mark(group, one.rows.length === 1 ? ofRow(one.rows[0]) : {
    rows: one.rows, tip: () => [title, one.sure ? null : "somewhere around here", "Choose to list them"].filter((x) => x), act: (node) => listRows($("spot-rows"), title, one.rows, node),
  });
};
const scaleBar = (scale, y, high) => {
  const km = KM * Math.cos(latitudeOf(y) * Math.PI / 180) / scale;
  const power = 10 ** Math.floor(Math.log10(km * 110)), length = [5, 2, 1].find((one) => one * power <= km * 110) * power, wide = length / km;
  return svg("g", { class: "scale", "aria-hidden": "true" }, svg("path", { d: `M12,${high - 20} v6 h${wide.toFixed(1)} v-6` }), svg("text", { x: 18, y: high - 19 }, `${length.toLocaleString("en")} km`));
};

const drawMap = () => {
  const [spots, without] = spotsOf(rows);
  const node = picture("places"), wide = Math.max(200, node.clientWidth), high = Math.round(Math.min(Math.max(300, wide * 0.46), 540));
  const size = `${wide} ${high}`;
  if (size !== sized) { view = null; sized = size; }
  view = held(view || fitted(boxOf(data.background.frame), wide, high), wide, high);
  const to = { x: (longitude) => wide / 2 + (longitude - view.x) * view.scale, y: (y) => high / 2 - (y - view.y) * view.scale };
  const place = labelling(wide, high), some = spots.reduce((sum, one) => sum + one.rows.length, 0), alone = some <= SINGLE;
  const drawing = svg("svg", { width: wide, height: high, viewBox: `0 0 ${wide} ${high}` });
  const events = svg("g", { class: "events" }), named = svg("g", { class: "places", "aria-hidden": "true" });
  place.take([wide - 48, 0, 48, 130]);
  place.take([0, high - 40, 150, 40]);
  for (const one of spots) { one.x = to.x(one.longitude); one.y = to.y(mercator(one.latitude)); one.seen = one.x > -40 && one.y > -40 && one.x < wide + 40 && one.y < high + 40; }
  const seen = spots.filter((one) => one.seen);
  // The large ones first, so that no small one is below them; the rest from west to east.
  seen.sort((a, b) => (alone ? a.sure - b.sure || a.x - b.x : b.rows.length - a.rows.length));
  for (const one of seen) {
    const disc = one.sure ? 0 : Math.max(16, RADII[one.extent] / KM / Math.cos(one.latitude * Math.PI / 180) * view.scale || 16);
    const fanned = alone && one.rows.length <= FAN;
    events.append(fanned ? fan(one, one.x, one.y, disc) : heap(one, one.x, one.y, !alone));
    one.reach = fanned ? (one.sure ? (one.rows.length > 1 ? 32 : 8) : disc) : 8;
    if (alone) place.take(one.sure ? [one.x - one.reach, one.y - one.reach, 2 * one.reach, 2 * one.reach] : [one.x - one.reach * 0.75, one.y - one.reach - 8, one.reach * 1.5, 20]);
  }
  if (alone && seen.length <= 40) for (const one of seen) {
    if (one.name === null) continue;
    const w = widthOf(one.name, `600 13px ${FONT}`) + 6, gap = one.reach + 4;
    const options = [[one.x + gap, one.y - 9, "start"], [one.x - w / 2, one.y + gap, "middle"], [one.x - gap - w, one.y - 9, "end"], [one.x - w / 2, one.y - gap - 18, "middle"]];
    const at = options.find(([x, y]) => place.free([x, y, w, 18]));
    if (!at) continue;
    place.take([at[0], at[1], w, 18]);
    const x = at[2] === "start" ? at[0] : at[2] === "end" ? at[0] + w : at[0] + w / 2;
    named.append(svg("text", { x: x.toFixed(1), y: (at[1] + 13).toFixed(1), "text-anchor": at[2] }, one.name));
  }
  const [layer, names] = ground(to, wide, high, place), cities = cityNames(to, wide, place);
  drawing.append(svg("rect", { width: wide, height: high, class: "sea" }), layer, ...(alone ? [cities, names, events, named] : [events, cities, names]), scaleBar(view.scale, view.y, high));
  drawing.classList.toggle("dense", !alone);
  dragging(drawing, wide, high);
  const zoom = (factor) => () => { view = held({ ...view, scale: view.scale * factor }, wide, high); map(); highlight(); };
  const button = (text, said, act) => el("button", { type: "button", "aria-label": said, title: said, onclick: act }, text);
  const again = () => { view = held(spots.length ? fitted(around(spots), wide, high) : fitted(boxOf(data.background.frame), wide, high), wide, high); map(); highlight(); };
  const whole = () => { view = null; map(); highlight(); };
  const buttons = el("div", { class: "zoom" }, button("+", "Zoom in", zoom(1.6)), button("\u2212", "Zoom out", zoom(1 / 1.6)), button("\u2316", `Zoom to the ${layout.several} that are shown`, again), button("\u21ba", "Show the whole map", whole));
  filled("places", `Map of ${counted(some)} at ${spots.length.toLocaleString("en")} places; the same is in the table below it.`, drawing, buttons);
  return [spots, without];
};
// The mouse moves the map; fingers do once it is larger than it was, and scroll the page before.
const dragging = (drawing, wide, high) => {
  const larger = view.scale > fitted(boxOf(data.background.frame), wide, high).scale * 1.01;
  drawing.classList.toggle("larger", larger);
  let begin = null;
  drawing.addEventListener("pointerdown", (event) => { if (event.pointerType !== "touch" || larger) begin = { x: event.clientX, y: event.clientY, moved: false }; });
  drawing.addEventListener("pointermove", (event) => {
    if (!begin) return;
    const dx = event.clientX - begin.x, dy = event.clientY - begin.y;
    if (!begin.moved && Math.hypot(dx, dy) < 5) return;
    if (!begin.moved) { begin.moved = true; drawing.setPointerCapture(event.pointerId); hideTip(); }
    drawing.setAttribute("viewBox", `${-dx} ${-dy} ${wide} ${high}`);
  });
  const done = (event) => {
    if (!begin) return;
    const { moved, x, y } = begin;
    begin = null;
    if (!moved) return;
    // What ends a move is no click on the mark below it.
    drawing.addEventListener("click", (click) => click.stopPropagation(), { capture: true, once: true });
    view = held({ ...view, x: view.x - (event.clientX - x) / view.scale, y: view.y + (event.clientY - y) / view.scale }, wide, high);
    setTimeout(() => { map(); highlight(); });
  };
  drawing.addEventListener("pointerup", done);
  drawing.addEventListener("pointercancel", () => { begin = null; });
};

const areaNote = (spots, alone) => {
  const said = [];
  if (!alone) return `The larger a circle, the more ${layout.several}.${spots.some((one) => !one.sure) ? " A pale, dashed one is an area: somewhere around there." : ""}`;
  if (spots.some((one) => one.sure) && sites !== null) said.push("A filled point is a place that is known.");
  if (spots.some((one) => !one.sure)) said.push(`A dashed circle is an area: somewhere around there. Its size goes by the kind of area and is not measured.`);
  return said.join(" ");
};
const map = () => {
  if (!data.background) { $("nowhere").textContent = ""; alternative("places", [], ["place"]); return nothing("places"); }
  const [spots, without] = drawMap();
  const picked = picture("places");
  if (!spots.length) picked.prepend(el("p", { class: "hint" }, `None of the ${layout.several} that are shown has a point.`));
  if (layout.palette.names && spots.length) { const shownTypes = legend(spots.flatMap((one) => one.rows)); if (shownTypes) picked.prepend(shownTypes); }
  $("areas").textContent = areaNote(spots, rows.length - without.length <= SINGLE);
  $("spot-rows").replaceChildren();
  const missing = (variables.get(roles.point.latitude) || {}).missing;
  $("nowhere").textContent = without.length ? `${without.length.toLocaleString("en")} of these ${layout.several} have no point${missing ? `: ${missing}` : ""}.` : "";
  // What has no point is reached from here too: by its place, if it has the name of one.
  const named = new Map();
  for (const row of without) { const name = spot(row).length ? shown(spot(row)[0], row) : null; if (!named.has(name)) named.set(name, []); named.get(name).push(row); }
  const chips = [...named].sort((a, b) => b[1].length - a[1].length).slice(0, 12).map(([name, some]) => {
    const title = name === null ? "Place unknown" : `Somewhere in ${name}`;
    return el("li", {}, el("button", { type: "button", onclick: (event) => listRows($("spot-rows"), title, some, event.target) }, bdi(title), el("small", {}, ` ${some.length.toLocaleString("en")}`)));
  });
  $("elsewhere").replaceChildren(...chips);
  const listed = spots.map((one) => ({ place: one.name, latitude: one.latitude, longitude: one.longitude, known: one.sure ? "exactly" : "roughly", rows: one.rows.length, names: one.rows.slice(0, 6).map(head).join(", ") + (one.rows.length > 6 ? " ..." : "") }));
  listed.sort((a, b) => b.rows - a.rows);
  alternative("places", listed, ["place", "latitude", "longitude", ...(sites === null ? [] : ["known"]), "rows", "names"]);
};
