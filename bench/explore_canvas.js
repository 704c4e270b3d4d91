// How map.html drew its points before: each as a circle or square of a 2D canvas, in every frame.
({ points, view }) => {
  const { n, topic, xy } = points, meta = JSON.parse(document.getElementById("meta").textContent);
  const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
  canvas.width = view.width;
  canvas.height = view.height;
  canvas.style.pointerEvents = "none";
  document.getElementById("map").append(canvas);
  const members = meta.topics.map(() => []);
  for (let i = 0; i < n; i++) members[topic[i]].push(i);
  return () => {
    context.clearRect(0, 0, view.width, view.height);
    const scale = 0.94 * Math.min(view.width / meta.aspect, view.height) * view.zoom;
    const radius = Math.max(0.7, Math.min(6, (90 / Math.sqrt(n)) * Math.sqrt(view.zoom) + 0.8));
    context.globalAlpha = 0.8;
    meta.topics.forEach((entry, t) => {
      context.fillStyle = entry.color;
      for (const i of members[t]) {
        const x = view.width / 2 + (xy[2 * i] / 65535 - view.x) * scale * meta.aspect;
        const y = view.height / 2 - (xy[2 * i + 1] / 65535 - view.y) * scale;
        if (x < -9 || y < -9 || x > view.width + 9 || y > view.height + 9) continue;
        if (radius < 1.3) context.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
        else { context.beginPath(); context.arc(x, y, radius, 0, 7); context.fill(); }
      }
    });
  };
}
