// What the steps of a derivation need to be computed: they are functions of `at` and of a place.
function sum(from, to, body) {
  let total = 0;
  for (let k = from; k <= to; k += 1) total += body(k);
  return total;
}

function place(count, body) {
  let best = 0;
  for (let k = 1; k < count; k += 1) if (body(k) > body(best)) best = k;
  return best;
}

function largest(count, body) {
  return body(place(count, body));
}

// By its series where that is short, else by the continued fraction of 1 - erf.
function erf(x) {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  if (z < 2.5) {
    let term = z;
    let total = z;
    for (let n = 1; Math.abs(term) > 1e-18; n += 1) {
      term *= -z * z / n;
      total += term / (2 * n + 1);
    }
    return Math.sign(x) * 2 / Math.sqrt(Math.PI) * total;
  }
  let tail = 0;
  for (let n = 120; n > 0; n -= 1) tail = n / 2 / (z + tail);
  return Math.sign(x) * (1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + tail));
}

// Reads entries by name and place: given ones, or computed once from their rule; 0 out of range.
function reader(part, given) {
  const found = new Map();
  const at = (name, ...place) => {
    const shape = part.shapes.get(name);
    let flat = 0;
    for (let axis = 0; axis < shape.length; axis += 1) {
      if (!(place[axis] >= 0 && place[axis] < shape[axis])) return 0;
      flat = flat * shape[axis] + place[axis];
    }
    if (given.has(name)) return given.get(name)[flat];
    const key = `${flat} ${name}`;
    if (!found.has(key)) found.set(key, part.rules.get(name)(at, ...place));
    return found.get(key);
  };
  return at;
}

function placesOf(shape) {
  return shape.reduce((places, extent) => places.flatMap((place) => [...Array(extent).keys()].map((k) => [...place, k])), [[]]);
}

function after(part, given) {
  const at = reader(part, given);
  const moved = new Map(given);
  part.updates.forEach((rule, name) => moved.set(name, placesOf(part.shapes.get(name)).map((place) => rule(at, ...place))));
  return reader(part, moved)(part.root);
}
