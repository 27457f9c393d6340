"use strict";
(() => {
  const known = JSON.parse(document.getElementById("symbols").textContent);
  const tip = document.getElementById("tip");
  let lit = "";

  const light = (name) => {
    if (name === lit) return;
    document.querySelectorAll(".lit").forEach((part) => part.classList.remove("lit"));
    lit = name;
    if (!name) return;
    document.querySelectorAll("[data-sym]").forEach((part) => {
      if (part.dataset.sym === name) part.classList.add("lit");
    });
  };

  const show = (event, part) => {
    const name = part ? part.dataset.sym : "";
    light(name);
    tip.hidden = !(name in known);
    if (tip.hidden) return;
    tip.textContent = known[name];
    const box = part.getBoundingClientRect();
    const left = Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
    tip.style.left = Math.max(8, left) + "px";
    tip.style.top = (box.top > tip.offsetHeight + 12 ? box.top - tip.offsetHeight - 6 : box.bottom + 6) + "px";
  };

  const at = (event) => event.target instanceof Element ? event.target.closest("[data-sym]") : null;
  document.addEventListener("pointerover", (event) => show(event, at(event)));
  document.addEventListener("focusin", (event) => show(event, at(event)));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") show(event, null); });
})();
