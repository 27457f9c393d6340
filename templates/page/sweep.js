// The way back played step by step: the graph stays in view and lights the node whose derivative is found.
const player = one(".player");
const button = Object.fromEntries(all("button", player).map((element) => [element.name, element]));
const SECONDS = 2.6;
let at = -1;
let timer = 0;

// Every derivative in its order; several of them may be told in one step of the page.
function stops() {
  return all(".step").filter((step) => step.getClientRects().length)
    .flatMap((step) => step.dataset.of.split(" ").map((name, place) => ({ step, name, place })));
}

function stand() {
  const found = stops();
  const stop = found[at];
  all(".now").forEach((element) => element.classList.remove("now"));
  root.classList.toggle("playing", Boolean(stop));
  mark(stop ? [stop.name] : []);
  button.back.disabled = at < 0;
  button.next.disabled = at >= found.length - 1;
  one("output", player).textContent = stop ? `${at + 1} of ${found.length}` : `${found.length} steps`;
  placeFigure(stop?.step.closest(".part"));
  if (!stop) return;
  stop.step.classList.add("now");
  all(".no", stop.step)[stop.place]?.classList.add("now");
  showNode(stop.name);
  stop.step.scrollIntoView({ block: "start" });
}

// Where the graph is wider than its box, the node comes to the middle of it.
function showNode(name) {
  const node = nodes.find((each) => each.dataset.sym === name);
  const box = node?.closest(".scroll");
  if (!box) return;
  const place = node.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  box.scrollLeft += place.left + place.width / 2 - frame.left - frame.width / 2;
}

function pause() {
  clearInterval(timer);
  timer = 0;
  button.play.textContent = "Play";
}

function move(by) {
  const last = stops().length - 1;
  at = Math.max(-1, Math.min(last, at + by));
  stand();
  if (at >= last) pause();
}

function play() {
  if (timer) { pause(); return; }
  if (at >= stops().length - 1) at = -1;
  timer = setInterval(() => move(1), SECONDS * 1000);
  button.play.textContent = "Pause";
  move(1);
}

function resetSweep() {
  pause();
  at = -1;
  stand();
}

button.back.addEventListener("click", () => { pause(); move(-1); });
button.next.addEventListener("click", () => { pause(); move(1); });
button.play.addEventListener("click", play);
player.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by) { event.preventDefault(); pause(); move(by); }
  if (event.key === "Escape") resetSweep();
});
player.hidden = !all(".step").length;
stand();
