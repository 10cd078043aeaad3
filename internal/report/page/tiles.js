// Tiles are pictures with the rows that were found on them: squares are candidates
// of the gallery, as wide as the window that the model sees, circles other rows.
const tiles = {
  hidden: new Set(), // classes

  build() {
    if (!data.tiles.length) {
      $("tiles").hidden = true;
      document.querySelector('nav a[href="#tiles"]').hidden = true;
      return;
    }
    options($("tile"), data.tiles.map((tile, i) => [i, tile.name]));
    $("tile-label").hidden = data.tiles.length < 2;
    $("legend").append(...data.names.map((name, output) => {
      const box = make("input", { type: "checkbox", checked: true });
      box.onchange = () => {
        if (box.checked) this.hidden.delete(output);
        else this.hidden.add(output);
        this.show();
      };
      const swatch = make("span", { className: "swatch" });
      swatch.style.background = colour(output);
      return make("label", { className: "check" }, box, swatch, name);
    }));
    for (const id of ["tile", "zoom", "only"]) $(id).onchange = () => this.show();
    this.show();
  },

  show() {
    const tile = data.tiles[$("tile").value];
    if (!tile.picture) {
      $("sky").replaceChildren(make("p", { className: "none" }, tile.problem));
      return;
    }
    const zoom = Number($("zoom").value);
    // All of it is seen at once, unless it is enlarged.
    $("sky").style.width = zoom === 1 ? `min(100%, ${80 * tile.width / tile.height}vh)` : `${100 * zoom}%`;
    const svg = draw("svg", { viewBox: `-0.5 -0.5 ${tile.width} ${tile.height}`, preserveAspectRatio: "none", role: "group", "aria-label": "rows on the tile" });
    const marks = tile.marks.filter(m => !this.hidden.has(m.top) && (m.candidate >= 0 || !$("only").checked));
    marks.sort((a, b) => a.candidate - b.candidate); // squares on top
    svg.append(...marks.map(m => this.mark(tile, m)));
    $("sky").replaceChildren(make("img", { src: tile.picture, alt: `picture of ${tile.name}` }), svg);
  },

  mark(tile, m) {
    const x = m.x, y = tile.up ? tile.height - 1 - m.y : m.y; // row 0 of FITS images is at the bottom
    let shape;
    if (m.candidate < 0) {
      shape = draw("circle", { class: "mark", cx: x, cy: y, r: Math.max(tile.width, tile.height) / 160, stroke: colour(m.top) });
    } else {
      shape = draw("rect", { class: "mark", x: x - data.side / 2, y: y - data.side / 2, width: data.side, height: data.side, stroke: colour(m.top) });
    }
    const place = m.ra === null ? `x ${digits(m.x, 1)}, y ${digits(m.y, 1)}` : `ra ${digits(m.ra, 5)}, dec ${digits(m.dec, 5)}`;
    const text = `${m.id}: ${[m.label, `${data.names[m.top]} ${probability(m.value)}`].filter(Boolean).join(", ")}, ${place}`;
    shape.append(draw("title", {}, text));
    const point = () => $("pointed").textContent = text;
    shape.onpointerenter = point;
    if (m.candidate < 0) return shape;
    const link = draw("a", { href: `#candidate-${m.candidate}`, "aria-label": text }, shape);
    link.onfocus = point;
    link.onclick = event => {
      event.preventDefault();
      gallery.find(m.candidate);
    };
    return link;
  },
};
