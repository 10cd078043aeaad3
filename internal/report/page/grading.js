// Grading shows one candidate after another, in the order of the gallery.
const grading = {
  list: [],
  at: 0,

  build() {
    $("grades").append(...grades.meanings.map((text, grade) =>
      make("button", { type: "button", onclick: () => this.grade(grade) }, `${grade} ${text}`)));
    $("start").onclick = () => {
      const first = gallery.list.find(c => grades.of(c) === undefined);
      this.open(gallery.list, first ?? gallery.list[0]);
    };
    $("previous").onclick = () => this.move(-1);
    $("next").onclick = () => this.move(1);
    $("undo").onclick = () => this.undo();
    $("close").onclick = () => $("grading").close();
    $("grading").onclose = () => gallery.show();
    $("grading").onkeydown = event => this.key(event);
  },

  open(list, c) {
    this.list = [...list];
    this.at = this.list.indexOf(c);
    this.show();
    $("grading").showModal();
    $("next").focus();
  },

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    switch (event.key) {
      case "0": case "1": case "2": case "3": this.grade(Number(event.key)); break;
      case "ArrowLeft": this.move(-1); break;
      case "ArrowRight": this.move(1); break;
      case "u": this.undo(); break;
      case "a": attention(!$("attention").checked); break;
      default: return;
    }
    event.preventDefault();
  },

  grade(grade) {
    grades.set(this.list[this.at], grade);
    this.move(1);
  },

  move(step) {
    this.at = Math.min(Math.max(this.at + step, 0), this.list.length - 1);
    this.show();
  },

  undo() {
    const c = grades.undo();
    if (!c) return;
    if (!this.list.includes(c)) this.list.push(c);
    this.at = this.list.indexOf(c);
    this.show();
  },

  show() {
    const c = this.list[this.at];
    const graded = this.list.filter(c => grades.of(c) !== undefined).length;
    $("place").textContent = `${this.at + 1} of ${this.list.length}, ${graded} graded`;
    const facts = make("div", { className: "facts" },
      make("div", { className: "name" }, make("b", {}, c.label || c.id), given(c)), sky(c), foot(c, make("br"), `${c.file} at x ${digits(c.x, 1)}, y ${digits(c.y, 1)}`));
    if (c.flags.length) facts.append(make("p", { className: "flags" }, "Flags: " + c.flags.join(", ")));
    facts.append(values(c, c.values.length, c.top));
    $("candidate").replaceChildren(look(c), facts);
    [...$("grades").children].forEach((button, grade) => button.setAttribute("aria-pressed", grades.of(c) === grade));
    $("undo").disabled = !grades.undoing.length;
  },
};
