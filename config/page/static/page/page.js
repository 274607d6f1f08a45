// What every page does: keeps ages and connection honest, installs the offline shell.
// No framework and no inline code; everything here only betters a page that works without it.

const AGE_EVERY_MS = 5_000;
const STEPS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto", style: "long" });

function age(seconds) {
  const [unit, size] = STEPS.find(([, least]) => seconds >= least) ?? ["second", 1];
  return words.format(-Math.floor(seconds / size), unit);
}

// A value's age is said in words; one that is too old is marked, not hidden.
export function showAges() {
  const staleAfter = Number(document.querySelector("[data-stale-after]")?.dataset.staleAfter ?? Infinity);
  for (const time of document.querySelectorAll("time[data-age][datetime]")) {
    const seconds = Math.max(0, (Date.now() - Date.parse(time.dateTime)) / 1000);
    time.title ||= new Date(time.dateTime).toLocaleString(document.documentElement.lang);
    time.textContent = age(seconds);
    time.closest(".room")?.classList.toggle("stale", seconds > staleAfter);
  }
}

function showConnection() {
  document.getElementById("offline")?.toggleAttribute("hidden", navigator.onLine);
}

// The menu closes as menus do: by Escape and by a click elsewhere.
function closeMenu(event) {
  const menu = document.querySelector("details.menu[open]");
  if (!menu || (event.type === "click" && menu.contains(event.target))) return;
  if (event.type === "keydown" && event.key !== "Escape") return;
  menu.open = false;
  if (event.type === "keydown") menu.querySelector("summary").focus();
}

async function keepOffline() {
  if (!("serviceWorker" in navigator)) return;
  // What one person's home looked like is not left for the next one on this device.
  const person = document.body.dataset.person;
  const before = localStorage.getItem("person");
  if (person !== before && !document.body.hasAttribute("data-offline")) {
    await caches.delete("pages");
    localStorage.setItem("person", person);
  }
  await navigator.serviceWorker.register("/sw.js");
}

showAges();
showConnection();
setInterval(showAges, AGE_EVERY_MS);
addEventListener("online", showConnection);
addEventListener("offline", showConnection);
addEventListener("click", closeMenu);
addEventListener("keydown", closeMenu);
document.addEventListener("htmx:afterSettle", showAges);
keepOffline();
