// histogram is the bars of one, on a logarithmic scale of counts.
function histogram(title, h, fill) {
  const width = 260, height = 96, left = 34, bottom = 16, top = 8;
  const most = Math.max(...h.counts);
  const scale = n => n === 0 ? 0 : (height - bottom - top) * Math.log10(n + 1) / Math.log10(most + 1);
  const step = (width - left) / h.counts.length;
  const base = height - bottom;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  h.counts.forEach((n, i) => svg.append(draw("rect", { x: left + i * step, y: base - scale(n), width: Math.max(step - 0.6, 0.6), height: scale(n), fill, class: fill ? "" : "bars" },
    draw("title", {}, `${label(h.low + i * h.width)} to ${label(h.low + (i + 1) * h.width)}: ${n.toLocaleString("en")}`))));
  const ticks = [1];
  while (ticks.at(-1) * 10 <= most) ticks.push(ticks.at(-1) * 10);
  for (const n of ticks.filter((_, i) => i % Math.ceil(ticks.length / 4) === 0)) {
    svg.append(draw("line", { class: "axis", x1: left - 3, x2: left, y1: base - scale(n), y2: base - scale(n) }),
      draw("text", { x: left - 5, y: base - scale(n) + 4, "text-anchor": "end" }, n < 10000 ? n : n.toExponential(0).replace("+", "")));
  }
  svg.append(draw("line", { class: "axis", x1: left, x2: width, y1: base, y2: base }),
    draw("text", { x: left, y: height - 2 }, label(h.low)),
    draw("text", { x: width, y: height - 2, "text-anchor": "end" }, label(h.low + h.counts.length * h.width)));
  return make("figure", {}, make("figcaption", {}, title), svg);
}

const label = v => String(Number(v.toPrecision(4)));

// counts is how many rows have each label.
function counts() {
  const most = Math.max(...data.counts, 1);
  const rows = data.names.map((name, i) => {
    const bar = make("div", { style: `width:${100 * data.counts[i] / most}%;height:.7rem;background:${colour(i)}` });
    return make("tr", {}, make("th", { scope: "row" }, name), make("td", { className: "wide" }, bar), make("td", {}, data.counts[i].toLocaleString("en")));
  });
  if (data.blank) rows.push(make("tr", {}, make("th", { scope: "row" }, "no prediction"), make("td"), make("td", {}, data.blank.toLocaleString("en"))));
  return make("figure", {}, make("figcaption", {}, "Rows by label"), make("table", {}, make("tbody", {}, ...rows)));
}

function charts() {
  if (data.counts) $("charts").append(counts());
  if (data.flux.counts.length) $("charts").append(histogram("Rows by log10 flux", data.flux));
  data.values.forEach((h, i) => {
    if (h.counts.length) $("charts").append(histogram(probabilities ? `Rows by ${quantity.toLowerCase()} of ${data.names[i]}` : `Rows by ${data.names[i]}`, h, probabilities ? colour(i) : undefined));
  });
}

gallery.build();
grading.build();
tiles.build();
charts();
