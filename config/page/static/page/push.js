// Notices that wake this device: asked for by a button, never by opening a page.

const box = document.getElementById("push");
const button = box.querySelector("button");
const denied = box.querySelector("[data-denied]");

async function current() {
  const worker = await navigator.serviceWorker.ready;
  return { worker, subscription: await worker.pushManager.getSubscription() };
}

function show(subscription) {
  button.textContent = subscription ? button.dataset.on : button.dataset.off;
  button.setAttribute("aria-pressed", String(Boolean(subscription)));
}

async function tell(method, body) {
  const headers = { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "Content-Type": "application/json" };
  const answer = await fetch(box.dataset.url, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} answered ${answer.status}`);
}

async function toggle() {
  const { worker, subscription } = await current();
  denied.hidden = true;
  if (subscription) {
    await tell("DELETE", { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
    return show(null);
  }
  try {
    const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: box.dataset.key });
    const { endpoint, keys } = made.toJSON();
    await tell("POST", { endpoint, p256dh: keys.p256dh, auth: keys.auth });
    show(made);
  } catch {
    denied.hidden = false;
  }
}

if ("serviceWorker" in navigator && "PushManager" in window) {
  const { subscription } = await current();
  show(subscription);
  box.hidden = false;
  button.addEventListener("click", toggle);
}
