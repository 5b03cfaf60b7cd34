// The keyboard: j and k walk the board, c claims, / filters, ? explains.

const cards = () => [...document.querySelectorAll(".card")];

function walk(step) {
  const all = cards();
  if (!all.length) return;
  const here = all.findIndex((card) => card.classList.contains("chosen"));
  const next = all[Math.min(all.length - 1, Math.max(0, here < 0 ? 0 : here + step))];
  for (const card of all) card.classList.toggle("chosen", card === next);
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
}

const chosen = () => document.querySelector(".card.chosen");

function claim() {
  const form = chosen()?.querySelector("[data-quick]");
  if (form) form.requestSubmit();
  else document.querySelector("[data-claim]")?.click();
}

const go = (address) => { location.href = address; };

const KEYS = {
  j: () => walk(1),
  k: () => walk(-1),
  c: claim,
  n: () => go("/new"),
  b: () => go("/"),
  "?": () => document.getElementById("help")?.showModal(),
  "/": () => (document.getElementById("filter") ? document.getElementById("filter").focus() : go("/")),
  Enter: () => chosen() && go(chosen().querySelector("a.number").href),
};

export function start() {
  if (!document.body.dataset.now) return;
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && target.id === "filter") { target.blur(); return; }
    if (target.matches("input, textarea, select, [contenteditable]")) return;
    if (event.key === "Enter" && !target.matches(".card, body, main")) return;
    if (!(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]")) KEYS["?"]();
  });
}
