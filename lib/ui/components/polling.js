/**
 * Polls every few seconds and requests a rerun if the page is out of date.
 *
 * A hidden page does not poll; it polls at once when it becomes visible.
 */

import { called } from "./component.js";
import { post, pressedLately, shows } from "./input.js";

/** Milliseconds in which a page that was asked for may come, before it is asked for again. */
const PATIENCE_MS = 10000;

export default called(mount);

function mount(parent, first) {
  const watch = { data: first, timer: null, requestedAt: 0 };
  let asking = false;

  const look = async () => {
    const { data } = watch;
    if (asking || document.visibilityState !== "visible") return;
    if (Date.now() - watch.requestedAt < PATIENCE_MS) return;
    asking = true;
    const reply = await post(data.address, { link: data.link, step: data.step });
    asking = false;
    // No answer, or an answer about a page that has been redrawn since.
    if (reply === null || data !== watch.data) return;
    if (pressedLately()) return;
    const isOther = reply.seen !== null && reply.seen !== data.seen;
    if (reply.refused || isOther || reply.late !== data.late) {
      watch.requestedAt = Date.now();
      watch.tell("look", watch.requestedAt);
    }
  };
  document.addEventListener("visibilitychange", look);
  watch.update = (data, { setTriggerValue }) => {
    watch.data = data;
    shows(data.step);
    watch.tell = setTriggerValue;
    watch.requestedAt = 0;
    clearInterval(watch.timer);
    watch.timer = setInterval(look, data.every * 1000);
  };
  watch.leave = () => {
    clearInterval(watch.timer);
    document.removeEventListener("visibilitychange", look);
  };
  return watch;
}
