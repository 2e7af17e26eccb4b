/**
 * Submits the passcode, or signs out, and then reloads the page.
 *
 * A sign-in provider returns people to the front door, so this tab remembers the page they wanted. Only
 * a path of this server is ever followed.
 */

import { called } from "./component.js";
import { keep, kept } from "./input.js";

const WANTED = "throughline/wanted";

export default called(mount);

function mount(parent) {
  const form = parent.querySelector("form");
  const out = parent.querySelector(".leave");
  const notice = form.querySelector("p");
  const go = form.querySelector("button");
  const gate = { leave() {} };

  const send = async (method, body) => {
    try {
      return await fetch(gate.address, { method, body, credentials: "same-origin" });
    } catch {
      return null;
    }
  };
  gate.update = ({ address, shows, wanted }) => {
    gate.address = address;
    form.hidden = shows !== "passcode";
    out.hidden = shows !== "way out";
    if (wanted === "keep") keep(WANTED, location.pathname + location.search);
    if (wanted === "follow") follow();
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    go.disabled = true;
    const answer = await send("POST", JSON.stringify({ passcode: form.passcode.value }));
    if (answer?.status === 204) {
      keep(WANTED, null);
      location.reload();
      return;
    }
    go.disabled = false;
    notice.textContent =
      answer?.status === 403
        ? (await answer.json()).sentence
        : "The server cannot be reached right now. Your text is still here. Please try again.";
    notice.hidden = false;
    form.passcode.focus();
  };
  out.onclick = async () => {
    out.disabled = true;
    if ((await send("DELETE"))?.status === 204) location.reload();
    out.disabled = false;
  };
  return gate;
}

function follow() {
  const wanted = kept(WANTED);
  keep(WANTED, null);
  if (typeof wanted !== "string") return;
  const place = new URL(wanted, location.origin);
  if (place.origin === location.origin && place.pathname !== location.pathname) location.replace(place);
}
