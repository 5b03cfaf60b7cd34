// Keeps the parts of a page marked data-live as they are on the server, without a reload.

import { setClock, show } from "./time.js";

const AT_MOST_EACH_MS = 700;
const BACK_OFF = 10;
const RETRY_MS = 3000;
const FRESH_MS = 4000;

let source = null;
let waiting = null;
let lastRefresh = 0;
let lastTook = 0;
let running = false;
let again = false;

// The page's own address; after a refused form the browser still stands at the form's.
function address() {
  const ticket = document.querySelector(".ticket");
  const here = new URL(location.href);
  return ticket ? `/tickets/${ticket.dataset.number}${here.pathname.split("/").length > 3 ? "" : here.search}` : here.pathname + here.search;
}

export function refreshSoon() {
  if (waiting) return;
  // The longer an answer takes, the rarer we ask: many boards must not hold each other up.
  const pause = Math.max(AT_MOST_EACH_MS, BACK_OFF * lastTook);
  const wait = Math.max(0, pause - (performance.now() - lastRefresh));
  waiting = setTimeout(() => { waiting = null; refresh(); }, wait);
}

export async function refresh({ evenIfWriting = false } = {}) {
  if (running) { again = true; return; }
  running = true;
  const began = performance.now();
  try {
    const answer = await fetch(address(), { headers: { "X-Live": "1" } });
    if (answer.status === 401) { loggedOut(); return; }
    if (!answer.ok) return;
    swap(new DOMParser().parseFromString(await answer.text(), "text/html"), evenIfWriting);
    show();
  } catch {
    // Away for a moment; the stream's next opening refreshes.
  } finally {
    running = false;
    lastRefresh = performance.now();
    lastTook = lastRefresh - began;
    if (again) { again = false; refreshSoon(); }
  }
}

function loggedOut() {
  const writing = [...document.querySelectorAll("[data-careful]")].some(isBeingWritten);
  if (!writing) location.reload();
  else toast("You were logged out. Copy what you wrote, then load the page again.", false);
}

function swap(fresh, evenIfWriting) {
  for (const region of document.querySelectorAll("[data-live]")) {
    const newer = fresh.getElementById(region.id);
    if (!newer || known.get(region.id) === essence(newer)) continue;
    if ("careful" in region.dataset && !evenIfWriting && isBeingWritten(region)) {
      if (movedOn(fresh)) document.getElementById("changed").hidden = false;
      continue;
    }
    known.set(region.id, essence(newer));
    keepPlace(region, () => region.replaceChildren(...newer.childNodes));
  }
  const [ticket, newer] = [document, fresh].map((page) => page.querySelector(".ticket"));
  if (ticket && newer) ticket.dataset.seq = newer.dataset.seq;
}

// What the server last said of each region, without what differs each time it is asked.
const known = new Map();
const essence = (region) => region.innerHTML.replace(/(name="key" value="|class="left">)[^"<]*/g, "$1");

function movedOn(fresh) {
  return document.querySelector(".ticket")?.dataset.seq !== fresh.querySelector(".ticket")?.dataset.seq;
}

function isBeingWritten(region) {
  return region.querySelector("details[open]") !== null;
}

// Swapping must not take away what is open, focused or scrolled to.
function keepPlace(region, change) {
  const open = [...region.querySelectorAll("details[open]")].map((one) => one.id);
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  const holder = focused?.closest("[id]")?.id;
  const chosen = region.querySelector(".card.chosen")?.id;
  change();
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (chosen) document.getElementById(chosen)?.classList.add("chosen");
  if (holder) document.getElementById(holder)?.focus({ preventScroll: true });
}

export function toast(text, good) {
  const one = document.createElement("p");
  one.className = `banner ${good ? "good" : "bad"}`;
  one.textContent = text;
  document.getElementById("toasts").append(one);
  setTimeout(() => one.remove(), good ? 4000 : 12000);
}

function onTicket(event) {
  const told = JSON.parse(event.data);
  const ticket = document.querySelector(".ticket");
  if (ticket && Number(ticket.dataset.number) !== told.number) return;
  if (ticket || document.body.dataset.page === "board") {
    document.getElementById("say").textContent = `#${told.number}: ${told.words}`;
    refreshSoon();
    setTimeout(() => mark(told.number), AT_MOST_EACH_MS + 400);
  } else if (document.body.dataset.page === "notices") refreshSoon();
}

function mark(number) {
  const card = document.getElementById(`t${number}`);
  card?.classList.add("fresh");
  setTimeout(() => card?.classList.remove("fresh"), FRESH_MS);
}

function say(state, text) {
  const link = document.getElementById("link");
  link.hidden = false;
  link.dataset.state = state;
  link.textContent = text;
}

function connect() {
  if (source || document.hidden) return;
  source = new EventSource("/stream");
  source.addEventListener("open", () => { say("on", "live"); refreshSoon(); });
  source.addEventListener("ticket", onTicket);
  source.addEventListener("clock", (event) => setClock(JSON.parse(event.data)));
  source.addEventListener("resync", refreshSoon);
  source.addEventListener("error", () => {
    say("off", "reconnecting");
    if (source?.readyState !== EventSource.CLOSED) return;
    disconnect();
    setTimeout(() => { refresh(); connect(); }, RETRY_MS);
  });
}

function disconnect() {
  source?.close();
  source = null;
}

// A browser opens six connections to one host at most: a hidden tab must not hold one.
export function start() {
  if (!document.body.dataset.now) return;
  for (const region of document.querySelectorAll("[data-live]")) known.set(region.id, essence(region));
  connect();
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-refresh]")) refresh({ evenIfWriting: true });
  });
}
