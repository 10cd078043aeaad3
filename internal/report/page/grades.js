// Grades are kept in the browser under the run's name, so that a reload, or the
// same run's page written again, loses nothing.
const grades = {
  meanings: ["no", "possible", "probable", "certain"],
  storage: "astrovit grades of " + data.run,
  given: {},    // by candidate
  undoing: [],  // [candidate, grade before]

  // Objects of a catalogue may share an id and a file, but no pixel.
  key: c => JSON.stringify([c.id, c.file, c.hdu, c.plane, Math.round(c.x), Math.round(c.y)]),
  of(c) { return this.given[this.key(c)]; },

  load() {
    try {
      this.given = JSON.parse(localStorage.getItem(this.storage)) ?? {};
    } catch {
      this.lost();
    }
  },

  keep() {
    try {
      localStorage.setItem(this.storage, JSON.stringify(this.given));
    } catch {
      this.lost();
    }
  },

  lost() {
    $("storage").hidden = false;
    $("storage").textContent = "This browser keeps nothing for this page: save the grades before you close it.";
  },

  // set gives a candidate a grade, undefined for none.
  set(c, grade) {
    this.undoing.push([c, this.of(c)]);
    this.put(c, grade);
  },

  put(c, grade) {
    if (grade === undefined) delete this.given[this.key(c)];
    else this.given[this.key(c)] = grade;
    this.keep();
  },

  // undo takes the last grade back, and is its candidate.
  undo() {
    const last = this.undoing.pop();
    if (last) this.put(...last);
    return last?.[0];
  },

  graded() { return data.candidates.filter(c => this.of(c) !== undefined); },

  // csv is a catalogue that vit-train takes: a row for each graded candidate. Files have
  // their whole path, so that it may lie anywhere. Ids differ, as they must there.
  csv() {
    const list = this.graded();
    const several = list.some(c => c.files.length > 1);
    const planes = list.some(c => c.plane >= 0);
    const radii = list.some(c => c.radius !== null); // of models that see each object at a scale of its own
    const files = several ? (data.bands ?? list[0].files.map((_, i) => i + 1)).map(band => "file_" + band) : ["file_loc"];
    const lines = [["id_str", ...files, "hdu", ...(planes ? ["plane"] : []), "x", "y", "ra", "dec", ...(radii ? ["petrosian_radius"] : []), "label", "grade"]];
    const used = new Set();
    for (const c of list) {
      let id = c.id || "row";
      for (let i = 2; used.has(id); i++) id = `${c.id || "row"}_${i}`;
      used.add(id);
      lines.push([id, ...c.files, c.hdu < 0 ? "" : c.hdu, ...(planes ? [c.plane < 0 ? "" : c.plane] : []), c.x, c.y, c.ra, c.dec, ...(radii ? [c.radius] : []), c.label, this.of(c)]);
    }
    const cell = v => /[",\r\n]|^\s|\s$/.test(v ?? "") ? `"${v.replaceAll('"', '""')}"` : String(v ?? "");
    return lines.map(line => line.map(cell).join(",") + "\n").join("");
  },

  save() {
    const url = URL.createObjectURL(new Blob([this.csv()], { type: "text/csv" }));
    make("a", { href: url, download: data.title + "-grades.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  },
};

grades.load();
// Another window with this page.
addEventListener("storage", event => {
  if (event.key === grades.storage) {
    grades.load();
    gallery.show();
  }
});
