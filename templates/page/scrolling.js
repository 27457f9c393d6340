// A box whose content is wider than it scrolls by itself, and can be reached by keys.
const boxes = all(".main,.block,.more,.scroll,.equal,.side .small");

function reach() {
  boxes.forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "wide, scrolls sideways");
    } else if (box.hasAttribute("tabindex")) {
      ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
    }
  });
}

new ResizeObserver(reach).observe(document.body);
document.addEventListener("toggle", reach, true);
document.fonts?.ready.then(reach);
