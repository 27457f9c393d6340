// From a node of the graph to its step, and back.
const nodes = all(".node");

function stepsOf(name) {
  return named("of", name).filter((step) => step.getClientRects().length);
}

function mark(names) {
  nodes.forEach((node) => node.classList.toggle("here", names.includes(node.dataset.sym)));
}

function goTo(element) {
  element.scrollIntoView({ block: "start" });
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

function follow(node) {
  if (!named("of", node.dataset.sym).length) return;
  if (!stepsOf(node.dataset.sym).length) one('.bar [value="both"][name="part"]').click();
  const step = stepsOf(node.dataset.sym)[0];
  history.replaceState(null, "", `#${step.id}`);
  goTo(step);
  mark([node.dataset.sym]);
}

nodes.forEach((node) => {
  if (named("of", node.dataset.sym).length) node.setAttribute("role", "link");
  node.addEventListener("click", () => follow(node));
  node.addEventListener("keydown", (event) => { if (event.key === "Enter") follow(node); });
});

function markAt(event) {
  if (root.classList.contains("playing")) return;
  const step = event.target instanceof Element ? event.target.closest(".step h3") : null;
  mark(step ? step.closest(".step").dataset.of.split(" ") : []);
}
document.addEventListener("pointerover", markAt);
document.addEventListener("focusin", (event) => { if (!event.target.closest?.(".node") && !event.target.matches?.(".step")) markAt(event); });
