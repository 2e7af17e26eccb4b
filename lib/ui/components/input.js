/**
 * What our inputs need: to wait for a pause in typing, to keep away from a press, to send, and to
 * mint ids.
 */

export const PAUSE_MS = 2000;
const LONGEST_MS = 10000;
export const AGAIN_MS = 3000;

/** Milliseconds a press has to reach the server: a page asked for in them would take its place. */
const PRESS_MS = 1000;

/** Milliseconds in which another step's page must come; a press that was lost holds up nothing longer. */
const LEAVING_MS = 20000;

let pressedAt = 0;
document.addEventListener(
  "click",
  (event) => {
    pressedAt = Date.now();
    const link = event.composedPath().find((each) => each instanceof HTMLAnchorElement);
    if (link && leads(link) && !event.ctrlKey && !event.metaKey && !event.shiftKey) leave();
  },
  true,
);
// The browser's Back and Forward.
window.addEventListener("popstate", () => leave());

/** The step on the page; and when a press asked for the page of another, until that is there. */
let shown = null;
let leftAt = null;
const leave = () => {
  leftAt = Date.now();
};
const leads = ({ href, target }) => {
  const { origin, pathname } = new URL(href || location.href, location.href);
  return target !== "_blank" && origin === location.origin && pathname !== location.pathname;
};

/** Call when the page of `step` is drawn. */
export function shows(step) {
  if (step !== shown) leftAt = null;
  shown = step;
}

/**
 * Whether something was pressed a moment ago, or another page was asked for that is not there yet.
 *
 * Nothing asks for the page by itself then: it would ask for this one, in place of what was pressed.
 */
export function pressedLately() {
  const isLeaving = leftAt !== null && Date.now() - leftAt < LEAVING_MS;
  return isLeaving || Date.now() - pressedAt < PRESS_MS;
}

/** Call when nothing is being pressed, unless `parent` has left the page by then. */
export function afterPress(parent, call) {
  if (pressedLately()) setTimeout(afterPress, PRESS_MS, parent, call);
  else if (parent.isConnected) call();
}

/** Call `send` PAUSE_MS after the last touch, and at the latest LONGEST_MS after the first. */
export function burst(send) {
  let timer = null;
  let began = null;
  const fire = () => {
    clearTimeout(timer);
    timer = began = null;
    send();
  };
  return {
    touch() {
      const now = Date.now();
      began ??= now;
      clearTimeout(timer);
      timer = setTimeout(fire, Math.max(0, Math.min(PAUSE_MS, began + LONGEST_MS - now)));
    },
    flush() {
      if (timer !== null) fire();
    },
  };
}

/** Send and return what the server says; null where it cannot be reached or cannot store now. */
export async function post(address, body) {
  try {
    const answer = await fetch(address, { method: "POST", body: JSON.stringify(body) });
    reached = answer.status < 500;
    if (answer.status === 404 || answer.status === 413) return { refused: answer.status };
    return answer.ok ? await answer.json() : null;
  } catch {
    reached = false;
    return null;
  }
}

let reached = true;

/** Whether what is sent now would not be stored, as far as this page knows. */
function isOffline() {
  const app = document.querySelector('[data-testid="stApp"]');
  const isConnected = app?.dataset.testConnectionState === "CONNECTED";
  return !navigator.onLine || !reached || !isConnected;
}

/** Have the browser ask before the tab is closed while offline with something unsaved. */
export function askBeforeClosing(isUnsaved) {
  window.addEventListener("beforeunload", (event) => {
    if (isUnsaved() && isOffline()) event.preventDefault();
  });
}

/**
 * Send from a page that is being left: the browser delivers it when the page is gone, if it is small
 * (64 KB in Chromium, for everything on its way). What is larger goes off without that promise.
 */
export function sendOff(address, body) {
  const text = JSON.stringify(body);
  // As JSON and not as text: only then does the browser say which site the beacon is from.
  if (!navigator.sendBeacon(address, new Blob([text], { type: "application/json" }))) {
    fetch(address, { method: "POST", body: text }).catch(() => {});
  }
}

/** Keep a value across a reload of this tab. Full or forbidden storage only costs that copy. */
export function keep(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    return;
  }
}

export function kept(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}

/** Run when the page is closed, left or hidden. Once for each component, or it sends twice. */
export function whenLeaving(leave) {
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
  });
}

/** A UUID version 7: milliseconds first, then chance. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const stamp = Date.now().toString(16).padStart(12, "0");
  for (let at = 0; at < 6; at += 1) bytes[at] = parseInt(stamp.slice(at * 2, at * 2 + 2), 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20].reduceRight((id, at) => `${id.slice(0, at)}-${id.slice(at)}`, hex);
}
