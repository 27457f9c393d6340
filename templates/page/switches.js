// What the page shows: which formulas, which samples, numbers, lines by entries, light or dark.
const bar = one(".bar");
const dark = matchMedia("(prefers-color-scheme: dark)");
const figure = one("figure.graph");

const changes = {
  level: (input) => { root.dataset.level = input.value; },
  part: (input) => { root.dataset.part = input.value; placeFigure(); },
  numbers: (input) => { root.dataset.numbers = input.checked ? "on" : "off"; },
  lines: (input) => { all("details").forEach((fold) => { fold.open = input.checked; }); },
  dark: (input) => { root.dataset.theme = input.checked ? "dark" : "light"; },
};

// The one graph stands in the part that is shown, or that is played, before its way back.
function placeFigure(part = one(`section.part[data-part="${root.dataset.part === "all" ? "all" : "one"}"]`)) {
  const heading = part && one(".back", part);
  if (figure && heading && figure.closest(".part") !== part) heading.before(figure);
}

bar.hidden = false;
bar.elements.dark.checked = dark.matches;
dark.addEventListener("change", () => { if (!root.dataset.theme) bar.elements.dark.checked = dark.matches; });
bar.addEventListener("submit", (event) => event.preventDefault());
bar.addEventListener("change", (event) => {
  changes[event.target.name](event.target);
  if (event.target.name === "part" || event.target.name === "level") resetSweep();
  reach();
});
