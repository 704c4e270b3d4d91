// Draws the papers without WebGL: it sets the pixels of an image, which is faster than to fill circles.
import { eachRange, meta } from "./data.js";
import { scale, view, visibleBox } from "./view.js";

// The offsets of the pixels of a disc.
function disc(radius) {
  const offsets = [], reach = Math.ceil(radius);
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) if (x * x + y * y <= radius * radius + 0.3) offsets.push([x, y]);
  }
  return offsets;
}

export function canvasDrawing(canvas, points) {
  const context = canvas.getContext("2d");
  let colours = null, image = null;
  return {
    paint(fresh) { colours = new Uint32Array(fresh.buffer); },
    draw(style) {
      const { width, height } = canvas;
      if (image?.width !== width || image?.height !== height) image = context.createImageData(width, height);
      const pixels = new Uint32Array(image.data.buffer).fill(0);
      const s = scale() * view.ratio, sx = (s * meta.aspect) / 65535, sy = s / 65535;
      const left = width / 2 - view.x * s * meta.aspect, bottom = height / 2 + view.y * s;
      const opaque = alpha => (Math.round(255 * alpha) << 24) >>> 0;
      const faint = (opaque(style.faintOpacity) | (style.faint[2] << 16) | (style.faint[1] << 8) | style.faint[0]) >>> 0;
      for (const layer of style.filtered ? [0, 1] : [1]) {
        const radius = style.radius * view.ratio * (layer && style.filtered ? style.raised : 1), edge = Math.ceil(radius);
        const jumps = Int32Array.from(disc(radius), ([x, y]) => y * width + x);
        eachRange(points, ...visibleBox(style.radius + 1), (first, end) => {
          for (let i = first; i < end; i++) {
            if (colours[i] >>> 31 !== layer) continue;
            const x = Math.round(left + points.xy[2 * i] * sx), y = Math.round(bottom - points.xy[2 * i + 1] * sy);
            if (x < edge || y < edge || x >= width - edge || y >= height - edge) continue;
            const colour = layer ? ((colours[i] & 0xffffff) | opaque(0.5 + style.opacity / 2)) >>> 0 : faint;
            const middle = y * width + x;
            for (let k = 0; k < jumps.length; k++) pixels[middle + jumps[k]] = colour;
          }
        });
      }
      context.putImageData(image, 0, 0);
    },
  };
}
