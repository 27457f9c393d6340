// A symbol under the pointer or the focus: lit wherever it stands, with what it means.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector, within = document) => within.querySelector(selector);
const root = document.documentElement;
const known = JSON.parse(one("#symbols").textContent);
const tip = one("#tip");
const symbolAt = (event) => event.target instanceof Element ? event.target.closest("[data-sym]") : null;
const partAt = (element) => element.closest("[data-part]")?.dataset.part ?? "one";
const named = (key, name, within = document) => all(`[data-${key}]`, within).filter((e) => e.dataset[key].split(" ").includes(name));
let lit = "";

function light(name) {
  if (name === lit) return;
  all(".lit").forEach((element) => element.classList.remove("lit"));
  lit = name;
  if (name) named("sym", name).forEach((element) => element.classList.add("lit"));
}

// The numbers that stand in the page, so that they follow the sliders.
function numbersOf(name, part) {
  const shown = named("value", name, one(`section.part[data-part="${part}"]`) ?? document)[0];
  return shown && root.dataset.numbers !== "off" ? one("math", shown)?.cloneNode(true) : null;
}

function fillTip(name, part) {
  const meaning = (known[part] ?? known.one)[name] ?? known.one[name];
  if (!meaning) return false;
  const head = document.createElement("b");
  head.innerHTML = meaning.math; // of the page's own making, as all of its formulas
  tip.replaceChildren(head, `: ${meaning.what}${meaning.shape ? `, ${meaning.shape}` : ""}`);
  const numbers = numbersOf(name, part);
  if (numbers) tip.append(" = ", numbers);
  all("[data-sym]", tip).forEach((element) => element.removeAttribute("data-sym")); // it tells, and is not told
  return true;
}

let pointed = null;

function putTip(element) {
  const box = element.getBoundingClientRect();
  const left = Math.min(box.left, root.clientWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${box.top > tip.offsetHeight + 12 ? box.top - tip.offsetHeight - 6 : box.bottom + 6}px`;
}

function point(element) {
  pointed = element;
  light(element ? element.dataset.sym : "");
  tip.hidden = !element || !fillTip(element.dataset.sym, partAt(element));
  if (!tip.hidden) putTip(element);
}

// By keys the symbols of the table are reached; those within formulas would be too many stops.
all(".letters [data-sym]").forEach((element) => { element.tabIndex = 0; });
document.addEventListener("pointerover", (event) => point(symbolAt(event)));
document.addEventListener("focusin", (event) => point(symbolAt(event)));
document.addEventListener("focusout", () => point(null));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") point(null); });
document.addEventListener("scroll", () => {
  if (!pointed) return;
  const stays = pointed === document.activeElement || pointed.matches(":hover"); // what gets the focus is scrolled to
  if (stays) putTip(pointed);
  else point(null);
}, { passive: true });
