// Draws the papers without WebGL: it sets the pixels of an image, which is faster than to fill circles.
import { eachRange, meta } from "./data.js";
import { factorOf, LARGEST, levelsDown } from "./sizes.js";
import { scale, view, visibleBox } from "./view.js";

// The pixels of a disc: their offsets in an image of this width, and how far the disc covers each.
function disc(radius, width) {
  const jumps = [], cover = [], reach = Math.ceil(radius);
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const inside = Math.min(1, radius + 0.5 - Math.hypot(x, y));
      if (inside > 0.1) { jumps.push(y * width + x); cover.push(inside); }
    }
  }
  return { jumps: Int32Array.from(jumps), cover };
}

export function canvasDrawing(canvas, points) {
  const context = canvas.getContext("2d");
  let colors = null, image = null;
  return {
    paint(fresh) { colors = new Uint32Array(fresh.buffer); },
    draw(style) {
      const { width, height } = canvas;
      if (image?.width !== width || image?.height !== height) image = context.createImageData(width, height);
      const pixels = new Uint32Array(image.data.buffer).fill(0);
      const s = scale() * view.ratio, sx = (s * meta.aspect) / 65535, sy = s / 65535;
      const left = width / 2 - view.x * s * meta.aspect, bottom = height / 2 + view.y * s;
      const faint = (style.faint[2] << 16) | (style.faint[1] << 8) | style.faint[0];
      const { levels } = style;
      for (const layer of style.filtered ? [0, 1] : [1]) for (const level of levels ? levelsDown : [0]) { // large ones first
        const radius = style.radius * view.ratio * (layer && style.filtered ? style.raised : 1) * (levels ? factorOf(level) : 1), edge = Math.ceil(radius);
        const { jumps, cover } = disc(radius, width), opacity = layer ? 0.5 + style.opacity / 2 : style.faintOpacity;
        const alphas = Uint32Array.from(cover, inside => Math.round(255 * opacity * inside));
        eachRange(points, ...visibleBox(style.radius * (levels ? LARGEST : 1) + 1), (first, end) => {
          for (let i = first; i < end; i++) {
            if (colors[i] >>> 31 !== layer || (levels && levels[i] !== level)) continue;
            const x = Math.round(left + points.xy[2 * i] * sx), y = Math.round(bottom - points.xy[2 * i + 1] * sy);
            if (x < edge || y < edge || x >= width - edge || y >= height - edge) continue;
            const color = layer ? colors[i] & 0xffffff : faint, middle = y * width + x;
            for (let k = 0; k < jumps.length; k++) {
              const at = middle + jumps[k]; // the soft edge of a disc does not cover another disc
              if (pixels[at] >>> 24 <= alphas[k]) pixels[at] = (color | (alphas[k] << 24)) >>> 0;
            }
          }
        });
      }
      context.putImageData(image, 0, 0);
    },
  };
}
