// Policy time as the router tells it, and the promises that count down to it.

const QUICK_MS = 250;
const SLOW_MS = 1000;
const SOON_S = 600;
const AHEAD_S = 60;

const base = { now: 0, speed: 1, held: false, at: 0 };

export function setClock({ now, speed, held }) {
  base.now = Date.parse(now);
  base.speed = Number(speed) || 1;
  base.held = held === true || held === "yes";
  base.at = performance.now();
  const pace = document.getElementById("pace");
  if (pace) {
    pace.textContent = paceWords();
    pace.parentElement.classList.toggle("unreal", pace.textContent !== "");
  }
  show();
}

// The server writes the same. Real time is this machine's: near enough to say hours and days by.
function paceWords() {
  if (base.held) return "held";
  if (base.speed !== 1) return `×${base.speed}`;
  const ahead = (base.now - Date.now()) / 1000;
  if (document.body.dataset.development !== "yes" || Math.abs(ahead) < AHEAD_S) return "";
  return `${past(ahead)} ${ahead > 0 ? "ahead" : "behind"}`;
}

export function policyNow() {
  const passed = base.held ? 0 : (performance.now() - base.at) * base.speed;
  return base.now + passed;
}

export function span(seconds) {
  const whole = Math.floor(Math.abs(seconds));
  const days = Math.floor(whole / 86400);
  const hours = Math.floor((whole % 86400) / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const two = (number) => String(number).padStart(2, "0");
  if (days) return `${days}d ${hours}h`;
  if (hours) return `${hours}h ${two(minutes)}m`;
  return `${minutes}m ${two(whole % 60)}s`;
}

// How long ago a promise ran out: nobody needs its seconds.
const past = (seconds) => span(seconds).replace(/ \d\ds$/, "");

export function show() {
  if (!base.now) return;
  const now = policyNow();
  for (const one of document.querySelectorAll("[data-due]")) countDown(one, now);
  const clock = document.getElementById("now");
  if (clock) {
    clock.dateTime = new Date(now).toISOString();
    setText(clock, wall(now, document.body.dataset.zone));
  }
}

function countDown(element, now) {
  const left = (Date.parse(element.dataset.due) - now) / 1000;
  const over = left <= 0;
  setText(element.querySelector(".left"), over ? `over ${past(left)}` : span(left));
  element.classList.toggle("soon", !over && left < SOON_S);
  if (over && !element.classList.contains("over")) {
    element.classList.add("over");
    const word = document.createElement("em");
    word.textContent = ` ${element.dataset.overWord}`;
    element.querySelector(".what").append(word);
    if (!element.classList.contains("ours")) element.closest(".card")?.classList.add("broken");
  }
}

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

let format;
function wall(now, zone) {
  format ??= new Intl.DateTimeFormat("en-GB", {
    timeZone: zone || "UTC", weekday: "short", day: "numeric", month: "short",
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  return format.format(now).replaceAll(",", "");
}

export function start() {
  const { now, speed, held } = document.body.dataset;
  if (!now) return;
  setClock({ now, speed, held });
  const tick = () => {
    if (!document.hidden) show();
    setTimeout(tick, base.speed === 1 ? SLOW_MS : QUICK_MS);
  };
  tick();
}
