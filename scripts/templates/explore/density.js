// The soft shade behind the points: how many papers lie there, in their mean color.
import { meta } from "./data.js";
import { scale, toScreen, view } from "./view.js";

const SIDE = 176, RIM = 16; // pixels, with the rim into which the shade fades

// Three running means in a row come close to a Gaussian.
function blur(values, reach) {
  const line = new Float32Array(SIDE);
  for (let pass = 0; pass < 6; pass++) {
    const step = pass % 2 ? SIDE : 1, across = pass % 2 ? 1 : SIDE;
    for (let row = 0; row < SIDE; row++) {
      const start = row * across;
      let sum = 0;
      for (let k = -reach; k < SIDE; k++) {
        if (k + reach < SIDE) sum += values[start + (k + reach) * step];
        if (k - reach - 1 >= 0) sum -= values[start + (k - reach - 1) * step];
        if (k >= 0) line[k] = sum;
      }
      for (let k = 0; k < SIDE; k++) values[start + k * step] = line[k] / (2 * reach + 1);
    }
  }
}

// Fill the canvas with the shade of the papers that pass the filters.
export function shade(canvas, points, colors, dark) {
  canvas.width = canvas.height = SIDE;
  const inner = SIDE - 2 * RIM, planes = [0, 1, 2, 3].map(() => new Float32Array(SIDE * SIDE));
  for (let i = 0; i < points.n; i++) {
    if (!colors[4 * i + 3]) continue;
    const x = RIM + Math.floor((points.xy[2 * i] * inner) / 65536), y = SIDE - 1 - RIM - Math.floor((points.xy[2 * i + 1] * inner) / 65536);
    for (let c = 0; c < 3; c++) planes[c][y * SIDE + x] += colors[4 * i + c];
    planes[3][y * SIDE + x]++;
  }
  planes.forEach(plane => blur(plane, 2));
  const [red, green, blue, count] = planes;
  // full strength where a tenth of the cells that have papers have more
  const dense = count.filter(value => value > 1e-3).sort(), full = dense[Math.floor(dense.length * 0.9)] || 1;
  const context = canvas.getContext("2d"), image = context.createImageData(SIDE, SIDE);
  for (let cell = 0; cell < SIDE * SIDE; cell++) {
    if (count[cell] <= 1e-4) continue;
    image.data[4 * cell] = red[cell] / count[cell];
    image.data[4 * cell + 1] = green[cell] / count[cell];
    image.data[4 * cell + 2] = blue[cell] / count[cell];
    image.data[4 * cell + 3] = (dark ? 95 : 80) * (1 - Math.exp((-2 * count[cell]) / full));
  }
  context.putImageData(image, 0, 0);
}

// Where the canvas lies on the screen: the pixels of its corner, its scale, and its opacity. Zoomed in, single papers matter
// more than the shade.
export function placeOfShade() {
  const inner = SIDE - 2 * RIM, [x, y] = toScreen(0, 1);
  const sx = (scale() * meta.aspect) / inner, sy = scale() / inner;
  return { x: x - RIM * sx, y: y - RIM * sy, sx, sy, opacity: Math.max(0.25, Math.min(1, 1.6 / Math.sqrt(view.zoom))) };
}

export function placeShade(canvas) {
  const { x, y, sx, sy, opacity } = placeOfShade();
  canvas.style.transform = `translate(${x}px, ${y}px) scale(${sx}, ${sy})`;
  canvas.style.opacity = opacity;
}
