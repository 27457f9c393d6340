// All numbers of the page anew, from the steps of its own derivation, when an input or a weight is moved.
const MINUS = "−";
const MATHML = "http://www.w3.org/1998/Math/MathML";

// How numbers are written: as in the rest of the page, ties to the even digit.
function fixed(value, decimals) {
  const shown = value.toFixed(decimals);
  const beyond = value.toFixed(Math.min(100, decimals + 40)).slice(shown.length + (decimals ? 0 : 1));
  const isTie = /^50*$/.test(beyond);
  return isTie && Number(shown.at(-1)) % 2 ? (value - 0.6 * 10 ** -decimals).toFixed(decimals) : shown;
}

function decimalsFor(numbers, digits) {
  const most = Math.max(0, ...numbers.filter(Number.isFinite).map(Math.abs));
  if (most === 0) return 0;
  const exponent = Number(most.toExponential(digits - 1).split("e")[1]);
  return most >= 1e7 || exponent < -3 ? null : Math.max(0, digits - 1 - exponent);
}

function digitsOf(value, decimals, digits) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : "∞";
  if (decimals !== null) return fixed(Math.abs(value), decimals);
  const [mantissa, exponent] = Math.abs(value).toExponential(digits - 1).split("e");
  return value ? `${mantissa}e${Number(exponent)}` : "0";
}

function write(cell, value, decimals) {
  const text = digitsOf(value, decimals, program.digits);
  const number = document.createElementNS(MATHML, text === "nan" ? "mtext" : text === "∞" ? "mi" : "mn");
  number.textContent = text;
  const minus = document.createElementNS(MATHML, "mo");
  minus.setAttribute("form", "prefix");
  minus.textContent = MINUS;
  cell.replaceChildren(...(value < 0 && /[1-9∞]/.test(text.split("e")[0]) ? [minus, number] : [number]));
}

function shownPlaces(count) {
  return count <= 6 ? [...Array(count).keys()] : [0, 1, 2, 3, null, count - 1];
}

function refill(element, at, name, shape) {
  const math = one("math", element);
  if (!math || shape.length > 2) return;
  const decimals = decimalsFor(placesOf(shape).map((place) => at(name, ...place)), program.digits);
  if (!shape.length) { write(math, at(name), decimals); return; }
  const columns = shownPlaces(shape[1] ?? 1);
  const cells = all("mtd", math);
  shownPlaces(shape[0]).forEach((row, down) => columns.forEach((column, along) => {
    if (row === null || column === null) return;
    write(cells[down * columns.length + along], at(name, ...[row, column].slice(0, shape.length)), decimals);
  }));
}

function short(value) {
  return String(Number(value.toPrecision(program.digits)));
}

const panel = one(".sliders");
const movers = panel ? all("input", panel) : [];
const given = new Map();

// One number stands in the arrays of one sample, and in those of all; there it is that of the first sample.
function put(input) {
  const { tensor, place } = input.dataset;
  given.forEach((arrays, id) => {
    const shape = program.parts[id].shapes.get(tensor);
    const single = program.parts.one.shapes.get(tensor);
    const array = arrays.get(tensor);
    let at = Number(place);
    if (shape.length > single.length && panel.dataset.side === "columns") at *= shape.at(-1);
    array[at] = Number(input.value);
  });
  input.nextElementSibling.textContent = short(Number(input.value)).replace("-", MINUS);
}

function recompute() {
  given.forEach((arrays, id) => {
    const part = program.parts[id];
    const at = reader(part, arrays);
    const within = one(`section.part[data-part="${id}"]`);
    all("[data-value]", within).forEach((element) => refill(element, at, element.dataset.value, part.shapes.get(element.dataset.value)));
  });
  // the numbers in figures are those that were given
  root.classList.toggle("moved", movers.some((input) => input.value !== input.getAttribute("value")));
  const last = Object.keys(program.parts).at(-1);
  const losses = { before: reader(program.parts[last], given.get(last))(program.parts[last].root), after: after(program.parts[last], given.get(last)) };
  all("[data-now]").forEach((element) => { element.textContent = short(losses[element.dataset.now]); });
  reach();
}

function reset() {
  Object.entries(program.parts).forEach(([id, part]) => {
    given.set(id, new Map([...part.given].map(([name, array]) => [name, [...array]])));
  });
  movers.forEach((input) => { input.value = input.getAttribute("value"); put(input); });
  recompute();
}

if (program && panel) {
  reset();
  panel.hidden = false;
  panel.addEventListener("input", (event) => { put(event.target); recompute(); });
  one("button", panel).addEventListener("click", reset);
}
