// Rooms as they are measured: a one-time ticket, a websocket, a snapshot, then updates.

import { showAges } from "./page.js";

const BACKOFF_MS = { least: 1_000, most: 60_000 };
// A screen reader hears a value at most this often.
const SPEAK_EVERY_MS = 60_000;
const ACCESS_ENDED = 4401;

const panel = document.getElementById("live");
const pill = panel.querySelector(".link-state");
const spoken = document.getElementById("spoken");
const tenths = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

let socket = null;
let failures = 0;
let retry = 0;
let spokenAt = Date.now();

function show(state) {
  pill.dataset.state = state;
  pill.textContent = pill.dataset[state];
}

async function ticket() {
  const headers = { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "Content-Type": "application/json" };
  const answer = await fetch(panel.dataset.ticketUrl, { method: "POST", headers, body: "{}" });
  if (!answer.ok) throw new Error(`no ticket: ${answer.status}`);
  return (await answer.json()).ticket;
}

async function connect() {
  clearTimeout(retry);
  show("connecting");
  try {
    const pass = await ticket();
    socket = new WebSocket(panel.dataset.liveUrl, ["heat.v1", `t.${pass}`]);
  } catch {
    later();
    return;
  }
  socket.addEventListener("open", () => socket.send(JSON.stringify({ subscribe: [panel.dataset.household] })));
  socket.addEventListener("message", (event) => receive(JSON.parse(event.data)));
  socket.addEventListener("close", (event) => (event.code === ACCESS_ENDED ? location.reload() : later()));
}

// Full jitter: a thousand homes whose server restarts do not come back in the same second.
function later() {
  socket = null;
  show("lost");
  const ceiling = Math.min(BACKOFF_MS.most, BACKOFF_MS.least * 2 ** failures++);
  retry = setTimeout(connect, BACKOFF_MS.least / 2 + Math.random() * ceiling);
}

function receive(frame) {
  if (frame.type === "error") {
    // The home is not ours to watch any more: the page itself will say so.
    if (frame.code === "no_access") location.reload();
    return;
  }
  failures = 0;
  if (pill.dataset.state !== "live") show("live");
  if (frame.type === "snapshot") frame.values.forEach(showValues);
  if (frame.type === "update") showValues(frame);
  showAges();
}

function showValues(frame) {
  if (frame.kind === "room") showRoom(frame);
  if (frame.kind === "meter") showMeter(frame);
}

function showMeter({ device, values }) {
  for (const shown of panel.querySelectorAll(`.meter[data-device="${Number(device)}"] [data-value]`)) {
    const value = values[shown.dataset.value];
    if (value != null) shown.textContent = tenths.format(value / 1000);
  }
}

function showRoom({ device, measured_at: measuredAt, values }) {
  const room = panel.querySelector(`.room[data-device="${Number(device)}"]`);
  if (!room || values?.temperature_c == null) return;
  const time = room.querySelector("time");
  if (time.dateTime && Date.parse(time.dateTime) > Date.parse(measuredAt)) return;
  const isNew = time.dateTime !== measuredAt;
  time.setAttribute("datetime", measuredAt);
  time.title = "";
  room.querySelector(".value").textContent = tenths.format(values.temperature_c);
  room.classList.remove("fresh");
  if (isNew) requestAnimationFrame(() => room.classList.add("fresh"));
  speak(room, values.temperature_c);
}

function speak(room, temperature) {
  if (Date.now() - spokenAt < SPEAK_EVERY_MS) return;
  spokenAt = Date.now();
  spoken.textContent = `${room.dataset.name}: ${tenths.format(temperature)} °C`;
}

addEventListener("online", () => socket ?? connect());
addEventListener("pagehide", () => socket?.close());
addEventListener("pageshow", (event) => event.persisted && connect());
connect();
