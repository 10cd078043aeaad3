// Tiles are pictures with the rows that were found on them: squares are candidates
// of the gallery, circles other rows. What the model sees of one is framed while it is pointed at.
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
    $("legend").hidden = !probabilities; // marks have the colour of the highest of them
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
    $("only").checked = data.tiles.some(tile => tile.marks.length > 1000); // which nobody can see through
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
    $("sky").parentElement.style.width = `min(100%, 920px, ${tile.width / tile.height} * min(80vh, 720px))`;
    $("sky").style.width = `${100 * zoom}%`;
    const svg = draw("svg", { viewBox: `-0.5 -0.5 ${tile.width} ${tile.height}`, preserveAspectRatio: "none", role: "group", "aria-label": "rows on the tile" });
    const marks = tile.marks.filter(m => !this.hidden.has(m.top) && (m.candidate >= 0 || !$("only").checked));
    marks.sort((a, b) => a.candidate - b.candidate); // squares on top
    this.frame = draw("rect", { class: "frame" });
    svg.append(this.frame, ...marks.map(m => this.mark(tile, m)));
    $("sky").replaceChildren(make("img", { src: tile.picture, alt: `picture of ${tile.name}` }), svg);
  },

  mark(tile, m) {
    const x = m.x, y = tile.up ? tile.height - 1 - m.y : m.y; // row 0 of FITS images is at the bottom
    const size = Math.max(tile.width, tile.height) / 100;
    const shape = m.candidate < 0
      ? draw("circle", { class: "mark", cx: x, cy: y, r: size / 2, stroke: colour(m.top) })
      : draw("rect", { class: "mark", x: x - size / 2, y: y - size / 2, width: size, height: size, stroke: colour(m.top) });
    const place = m.ra === null ? `x ${digits(m.x, 1)}, y ${digits(m.y, 1)}` : `ra ${digits(m.ra, 5)}, dec ${digits(m.dec, 5)}`;
    const text = `${m.id}: ${[m.label, `${data.names[m.top]} ${number(m.value)}`].filter(Boolean).join(", ")}, ${place}`;
    shape.append(draw("title", {}, text));
    const point = () => {
      $("pointed").textContent = text;
      for (const [name, value] of Object.entries({ x: x - data.side / 2, y: y - data.side / 2, width: data.side, height: data.side, stroke: colour(m.top) })) this.frame.setAttribute(name, value);
    };
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
