// Draws the papers with WebGL.
import { eachRange, meta } from "./data.js";
import { factorOf, LARGEST } from "./sizes.js";
import { scale, view, visibleBox } from "./view.js";

// `layer` is 0 for papers that do not pass the filters, and 1 for those that do.
const VERTEX = `
  attribute vec2 at;
  attribute vec4 paint;
  attribute float times;
  uniform vec2 center, stretch;
  uniform vec3 faint;
  uniform float layer, opacity;
  uniform mediump float size;
  varying vec4 color;
  varying float across;
  void main() {
    bool other = abs(paint.a - layer) > .5;
    gl_Position = other ? vec4(2., 2., 2., 1.) : vec4((at - center) * stretch, 0., 1.);
    across = (size - 1.) * times * LARGEST + 1.;
    gl_PointSize = across;
    color = vec4(layer > .5 ? paint.rgb : faint, opacity);
  }`.replace("LARGEST", LARGEST.toFixed(1));
const FRAGMENT = `
  precision mediump float;
  varying vec4 color;
  varying float across;
  void main() {
    float inside = (.5 - length(gl_PointCoord - .5)) * across;
    float alpha = color.a * clamp(inside, 0., 1.);
    gl_FragColor = vec4(color.rgb * alpha, alpha);
  }`;

function link(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

// Whether the processor computes WebGL: that takes longer than the drawing in points_canvas.js.
function isSoftware(gl) {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  return Boolean(info) && /swiftshader|llvmpipe|software|basic render/i.test(gl.getParameter(info.UNMASKED_RENDERER_WEBGL));
}

// A drawing with the functions `paint` and `draw`, or null if the browser has no WebGL of a GPU.
export function glDrawing(canvas, points) {
  const gl = canvas.getContext("webgl", { antialias: false });
  const program = gl && !isSoftware(gl) && link(gl);
  if (!program) return null;
  const uniform = name => gl.getUniformLocation(program, name);
  const at = {};
  for (const name of ["center", "stretch", "faint", "layer", "opacity", "size"]) at[name] = uniform(name);
  const fill = (name, size, kind, data) => {
    const buffer = gl.createBuffer(), place = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    if (data) gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, size, kind, true, 0, 0);
    return buffer;
  };
  gl.useProgram(program);
  fill("at", 2, gl.UNSIGNED_SHORT, points.xy);
  const paints = fill("paint", 4, gl.UNSIGNED_BYTE, null), times = gl.getAttribLocation(program, "times");
  let sized = null; // the levels that the buffer of sizes has
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);

  function setSizes(levels) {
    if (levels && levels !== sized) fill("times", 1, gl.UNSIGNED_BYTE, Uint8Array.from(levels, level => (255 * factorOf(level)) / LARGEST));
    sized = levels ?? sized;
    if (levels) return void gl.enableVertexAttribArray(times);
    gl.disableVertexAttribArray(times);
    gl.vertexAttrib1f(times, 1 / LARGEST);
  }

  return {
    paint(colors) { gl.bindBuffer(gl.ARRAY_BUFFER, paints); gl.bufferData(gl.ARRAY_BUFFER, colors, gl.DYNAMIC_DRAW); },
    draw(style) {
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(at.center, view.x, view.y);
      gl.uniform2f(at.stretch, (2 * scale() * meta.aspect) / view.width, (2 * scale()) / view.height);
      gl.uniform3fv(at.faint, style.faint.map(c => c / 255));
      setSizes(style.levels);
      const ranges = [];
      eachRange(points, ...visibleBox(style.radius * (style.levels ? LARGEST : 1) + 1), (first, end) => ranges.push([first, end - first]));
      for (const layer of style.filtered ? [0, 1] : [1]) {
        gl.uniform1f(at.layer, layer);
        gl.uniform1f(at.opacity, layer ? style.opacity : style.faintOpacity);
        gl.uniform1f(at.size, 2 * view.ratio * style.radius * (layer && style.filtered ? style.raised : 1) + 1);
        for (const [first, count] of ranges) gl.drawArrays(gl.POINTS, first, count);
      }
    },
  };
}
