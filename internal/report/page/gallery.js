// look is a candidate's picture, with the attention over it.
function look(c) {
  if (!c.picture) return make("div", { className: "look" }, make("span", { className: "none" }, c.problem));
  return make("div", { className: "look" },
    make("img", { src: c.picture, alt: `cutout of ${c.id}`, decoding: "async" }),
    make("img", { src: c.heat, alt: "", className: "heat", decoding: "async" }));
}

// values are the outputs of a candidate: so many, with that of one group. Probabilities are in the order of their height;
// quantities of a regression and answers to several questions, which cannot be compared, in that of the columns.
function values(c, most, group) {
  const order = c.values.map((_, i) => i);
  if (data.task === "classify" || data.task === "multilabel") order.sort((a, b) => c.values[b] - c.values[a]);
  const shown = order.slice(0, most);
  if (!shown.includes(group)) shown[shown.length - 1] = group;
  const rows = shown.flatMap(i => {
    const fill = make("div", { className: "fill" });
    fill.style.width = `${100 * c.values[i]}%`;
    fill.style.background = colour(i);
    const sigma = c.sigmas.length ? ` ± ${c.sigmas[i] === null ? "?" : probabilities ? number(c.sigmas[i]) : c.sigmas[i].toPrecision(2)}` : "";
    return [make("span", { className: "output", title: data.names[i] }, data.names[i]),
      ...(probabilities ? [make("span", { className: "track" }, fill)] : []),
      make("span", { className: "number" }, number(c.values[i]) + sigma)];
  });
  return make("div", { className: probabilities ? c.sigmas.length ? "values spread" : "values" : "values plain" }, ...rows);
}

// sky is where a candidate is.
function sky(c) {
  if (!c.sky) return c.tile < 0 ? "" : make("div", { className: "sky" }, `x ${digits(c.x, 1)}, y ${digits(c.y, 1)}`);
  return make("div", { className: "sky" }, `${digits(c.ra, 5)} ${c.dec < 0 ? "" : "+"}${digits(c.dec, 5)}`, make("br"), c.sky);
}

// foot is what a candidate is called, with a button that copies where it is.
function foot(c, ...more) {
  const foot = make("div", { className: "foot" }, make("span", { className: "faint" }, c.id, ...more));
  if (!c.sky) return foot;
  const text = `${digits(c.ra, 6)} ${digits(c.dec, 6)}`;
  const button = make("button", { type: "button", title: `copy ${text}` }, "Copy");
  button.setAttribute("aria-label", `Copy the position of ${c.id} in degrees`);
  button.onclick = async () => {
    button.textContent = await copy(text) ? "Copied" : "Failed";
    setTimeout(() => button.textContent = "Copy", 1500);
  };
  foot.append(button);
  return foot;
}

// copy brings a text to the clipboard, also where a page from a file may not do so itself.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea", { value: text });
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

// given is a candidate's grade in words.
function given(c) {
  const grade = grades.of(c);
  return make("span", { className: "given" }, grade === undefined ? "" : `${grade} ${grades.meanings[grade]}`);
}

const gallery = {
  cards: [],
  class: -1, // -1: all
  list: [],  // what is shown, in order

  // group is the class under which a candidate is shown.
  group(c) { return this.class >= 0 ? this.class : c.lists.includes(c.top) ? c.top : c.lists[0]; },
  value(c) { return c.values[this.group(c)]; },

  // doubt is small where the model is least certain: of one class of several, where the two highest outputs are near each
  // other; of labels that exclude none other, where the label's is near a half; of numbers, where their sigma is large.
  doubt(c) {
    if (data.task === "multilabel") return Math.abs(this.value(c) - 0.5);
    if (data.task !== "classify") return -(c.sigmas[this.group(c)] ?? Number.MAX_VALUE);
    const [first, second] = [...c.values].sort((a, b) => b - a);
    return first - second;
  },

  orders: [
    ["highest", "highest value", (a, b) => gallery.value(b) - gallery.value(a)],
    ["lowest", "lowest value", (a, b) => gallery.value(a) - gallery.value(b)],
    ["doubt", "least certain", (a, b) => gallery.doubt(a) - gallery.doubt(b)],
    ["flux", "brightest", (a, b) => (b.flux ?? -Infinity) - (a.flux ?? -Infinity)],
    ["id", "id", (a, b) => a.id.localeCompare(b.id, "en", { numeric: true })],
    ["ra", "right ascension", (a, b) => (a.ra ?? Infinity) - (b.ra ?? Infinity)],
    ["dec", "declination", (a, b) => (a.dec ?? Infinity) - (b.dec ?? Infinity)],
    ["run", "order of the run", () => 0],
  ],

  build() {
    const flags = [...new Set(data.candidates.flatMap(c => c.flags))].sort();
    options($("class"), [[-1, "all"], ...data.names.map((name, i) => [i, name])]);
    options($("sort"), this.orders.filter(([name]) => name !== "flux" || data.flux.counts.length).map(([name, text]) => [name, text]));
    options($("flag"), [["", "any or none"], ["none", "none"], ...flags.map(flag => ["=" + flag, flag])]);
    options($("grade"), [["", "any or none"], ["none", "none"], ...grades.meanings.map((text, i) => [i, `${i} ${text}`])]);
    $("least-label").hidden = !probabilities;
    $("least-label").firstChild.textContent = `${quantity} at least `;
    this.cards = data.candidates.map((c, i) => this.card(c, i));
    for (const id of ["class", "sort", "least", "flag", "grade"]) $(id).oninput = () => this.show();
    $("controls").onsubmit = event => event.preventDefault();
    for (const id of ["attention", "grading-attention"]) $(id).onchange = event => attention(event.target.checked);
    $("save").onclick = () => grades.save();
    this.show();
  },

  card(c, i) {
    const open = make("button", { type: "button", className: "open", onclick: () => grading.open(this.list, c) }, look(c));
    open.setAttribute("aria-label", `Grade ${c.id}`);
    const card = make("li", { className: "card", id: `candidate-${i}` }, open,
      make("div", { className: "name" }, make("b", {}, c.label || c.id), given(c)),
      make("div", { className: "values" }), sky(c));
    if (c.merged > 1) card.append(make("span", { className: "faint" }, `merged from ${c.merged} rows of overlapping images`));
    if (c.flags.length) card.append(make("span", { className: "flags" }, c.flags.join(", ")));
    card.append(foot(c));
    return card;
  },

  heading(output, n) {
    const swatch = make("span", { className: "swatch" });
    swatch.style.background = colour(output);
    return make("li", { className: "group" }, make("h3", {}, swatch, data.names[output], make("span", { className: "faint" }, String(n))));
  },

  accepts(c) {
    const flag = $("flag").value, grade = $("grade").value, least = Number($("least").value);
    return (this.class < 0 || c.lists.includes(this.class)) &&
      (!probabilities || this.value(c) >= least) &&
      (flag === "" || (flag === "none" ? !c.flags.length : c.flags.includes(flag.slice(1)))) &&
      (grade === "" || (grade === "none" ? grades.of(c) === undefined : grades.of(c) === Number(grade)));
  },

  // show brings the page in line with the controls and the grades.
  show() {
    this.class = Number($("class").value);
    const order = this.orders.find(([name]) => name === $("sort").value)[2];
    const accepted = data.candidates.filter(c => this.accepts(c)).sort(order);
    this.list = [];
    $("gallery").replaceChildren();
    for (const output of [...new Set(accepted.map(c => this.group(c)))].sort((a, b) => a - b)) {
      const list = accepted.filter(c => this.group(c) === output);
      $("gallery").append(this.heading(output, list.length));
      for (const c of list) {
        const card = this.cards[data.candidates.indexOf(c)];
        card.querySelector(".given").replaceWith(given(c));
        card.querySelector(".values").replaceWith(values(c, 3, output));
        $("gallery").append(card);
        this.list.push(c);
      }
    }
    const graded = grades.graded().length;
    $("shown").textContent = `${this.list.length} of ${count(data.candidates.length, "candidate")} shown, ${graded} graded`;
    $("start").disabled = !this.list.length;
    $("save").disabled = !graded;
  },

  // find brings a candidate into view, whatever is filtered.
  find(i) {
    if (!this.list.includes(data.candidates[i])) {
      $("controls").reset();
      this.show();
    }
    document.querySelector(".card.found")?.classList.remove("found");
    const card = this.cards[i];
    card.classList.add("found");
    card.scrollIntoView({ block: "center" });
    card.querySelector("button").focus({ preventScroll: true });
  },
};

// attention switches the overlays.
function attention(on) {
  document.body.classList.toggle("attention", on);
  $("attention").checked = $("grading-attention").checked = on;
}
