// The offline shell: pages from the network first, the last one seen where there is none.

const SHELL = "shell-1";
const PAGES = "pages";
const OFFLINE = "/offline";
const FILES = ["page.css", "home.css", "page.js", "live.js", "htmx.min.js", "icons/mark.svg"].map((name) => `/static/page/${name}`);

addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll([OFFLINE, ...FILES])).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const old = (name) => name !== SHELL && name !== PAGES;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))).then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && isPage(url)) event.respondWith(page(request));
  else if (url.pathname.startsWith("/static/page/")) event.respondWith(file(request));
});

// Homes and bills are kept; the desk, sign-in and payments never are.
function isPage(url) {
  return url.pathname === "/" || url.pathname.startsWith("/homes/");
}

async function page(request) {
  const pages = await caches.open(PAGES);
  try {
    const answer = await fetch(request);
    // A clerk who looks as a resident keeps nothing.
    if (answer.ok && !answer.redirected && !answer.headers.has("X-Resident-Look")) await pages.put(request, answer.clone());
    return answer;
  } catch {
    return (await pages.match(request, { ignoreSearch: true })) ?? (await lastPage(pages)) ?? caches.match(OFFLINE);
  }
}

async function lastPage(pages) {
  const seen = await pages.keys();
  const homes = seen.filter(({ url }) => /\/homes\/\d+\/$/.test(new URL(url).pathname));
  return homes.length ? pages.match(homes.at(-1)) : undefined;
}

// Styles and scripts: the network's where there is one, so that a new release shows at once.
async function file(request) {
  const shell = await caches.open(SHELL);
  try {
    const answer = await fetch(request);
    if (answer.ok) await shell.put(request, answer.clone());
    return answer;
  } catch {
    return (await shell.match(request, { ignoreSearch: true })) ?? Response.error();
  }
}

// A notice wakes the device; the same one again replaces itself by its tag.
addEventListener("push", (event) => {
  const { title, body, url, tag } = event.data?.json() ?? {};
  if (title) event.waitUntil(registration.showNotification(title, { body, tag, data: { url }, icon: "/static/page/icons/icon-192.png" }));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { url = "/" } = event.notification.data ?? {};
  event.waitUntil(clients.matchAll({ type: "window" }).then((open) => (open[0] ? open[0].navigate(url).then((page) => page?.focus()) : clients.openWindow(url))));
});
