// Moving about the map with a mouse, fingers or keys.
import { eachRange, meta } from "./data.js";
import { moveTo, scale, toMap, toScreen, view, zoomAt } from "./view.js";

// The paper nearest to a pixel among those that pass, or -1 if none lies within the radius.
export function nearest(points, lit, px, py, radius) {
  const [x, y] = toMap(px, py), s = scale(), rx = radius / s / meta.aspect, ry = radius / s;
  let best = -1, least = radius * radius;
  eachRange(points, x - rx, y - ry, x + rx, y + ry, (first, end) => {
    for (let i = first; i < end; i++) {
      if (!lit[i]) continue;
      const dx = (points.xy[2 * i] / 65535 - x) * s * meta.aspect, dy = (points.xy[2 * i + 1] / 65535 - y) * s;
      const distance = dx * dx + dy * dy;
      if (distance <= least) { least = distance; best = i; }
    }
  });
  return best;
}

// Calls `on.draws(event)`, which says what a drag that begins draws, if anything, then `on.outline(trail, kind)` while it does and
// `on.drawn(trail, kind)` at its end, with the pixels it went through. Calls `on.move()` when the view changed, `on.hover(px, py)`, `on.leave()`, and `on.click(px, py, event)`.
export function listen(element, on) {
  const fingers = new Map();
  let moved = 0, trail = null, kind = null;
  const place = event => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  element.addEventListener("pointerdown", event => {
    if (event.button) return;
    fingers.set(event.pointerId, place(event));
    moved = fingers.size > 1 ? Infinity : 0;
    kind = fingers.size > 1 ? null : on.draws(event);
    trail = kind && [place(event)];
    if (fingers.size > 1) on.outline([], null);
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", event => {
    const [x, y] = place(event), before = fingers.get(event.pointerId);
    if (!before) { if (event.pointerType !== "touch") on.hover(x, y); return; }
    moved += Math.hypot(x - before[0], y - before[1]);
    if (moved <= 4) return;
    if (kind) {
      fingers.set(event.pointerId, [x, y]);
      trail.push([x, y]);
      return void on.outline(trail, kind);
    }
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, [x, y]);
    if (other) { // two fingers: zoom about the one that rests
      const factor = Math.hypot(x - other[0], y - other[1]) / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1]));
      zoomAt(other[0], other[1], factor);
    } else {
      moveTo({ x: view.x - (x - before[0]) / scale() / meta.aspect, y: view.y + (y - before[1]) / scale() });
    }
    on.move();
  });
  element.addEventListener("pointerup", event => {
    if (!fingers.delete(event.pointerId)) return;
    if (kind && moved > 4) {
      const drawn = [trail, kind];
      kind = trail = null;
      return void on.drawn(...drawn);
    }
    if (moved <= 4) on.click(...place(event), event);
  });
  element.addEventListener("pointercancel", event => { fingers.delete(event.pointerId); kind = null; on.outline([], null); });
  element.addEventListener("pointerleave", on.leave);
  element.addEventListener("wheel", event => {
    event.preventDefault();
    const pixels = event.deltaY * [1, 16, 400][event.deltaMode];
    zoomAt(...place(event), Math.exp(-Math.max(-300, Math.min(300, pixels)) * 0.002));
    on.move();
  }, { passive: false });
}

// The keys of the map; returns whether the key had a meaning.
export function pressKey(key) {
  const step = 60 / scale(), middle = [view.width / 2, view.height / 2];
  if (key === "ArrowLeft") moveTo({ x: view.x - step / meta.aspect });
  else if (key === "ArrowRight") moveTo({ x: view.x + step / meta.aspect });
  else if (key === "ArrowUp") moveTo({ y: view.y + step });
  else if (key === "ArrowDown") moveTo({ y: view.y - step });
  else if (key === "+" || key === "=") zoomAt(...middle, 1.5);
  else if (key === "-") zoomAt(...middle, 1 / 1.5);
  else if (key === "0") moveTo({ x: 0.5, y: 0.5, zoom: 1 });
  else return false;
  return true;
}

let flight = 0;

export function endFlight() { flight++; }

// Glide until the point is in the middle at the zoom.
export function flyTo({ x, y, zoom }, onMove) {
  const from = { ...view }, start = performance.now(), own = ++flight;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const step = now => {
    if (own !== flight) return;
    const share = still ? 1 : Math.min(1, Math.max(0, now - start) / 450), eased = share * share * (3 - 2 * share);
    moveTo({ x: from.x + eased * (x - from.x), y: from.y + eased * (y - from.y), zoom: from.zoom * (zoom / from.zoom) ** eased });
    onMove();
    if (share < 1) requestAnimationFrame(step);
  };
  step(start);
}

export const screenOf = (points, i) => toScreen(points.xy[2 * i] / 65535, points.xy[2 * i + 1] / 65535);
