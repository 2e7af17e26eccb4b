/**
 * Looks every few seconds whether the page shows what there is, and asks for the page where not.
 *
 * A hidden page asks nothing; it does at once when it comes into sight.
 */

import { called } from "./component.js";
import { post, pressedLately } from "./input.js";

/** Milliseconds in which a page that was asked for may come, before it is asked for again. */
const PATIENCE_MS = 10000;

export default called(mount);

function mount(parent, first) {
  const watch = { data: first, timer: null, told: 0 };
  let asking = false;

  const look = async () => {
    const { data } = watch;
    if (asking || document.visibilityState !== "visible") return;
    if (Date.now() - watch.told < PATIENCE_MS) return;
    asking = true;
    const said = await post(data.address, { link: data.link, step: data.step });
    asking = false;
    // While the server says nothing, or what it said is about a page that is drawn anew by now.
    if (said === null || data !== watch.data) return;
    if (pressedLately()) return;
    const isOther = said.seen !== null && said.seen !== data.seen;
    if (said.refused || isOther || said.late !== data.late) {
      watch.told = Date.now();
      watch.tell("look", watch.told);
    }
  };
  document.addEventListener("visibilitychange", look);
  watch.update = (data, { setTriggerValue }) => {
    watch.data = data;
    watch.tell = setTriggerValue;
    watch.told = 0;
    clearInterval(watch.timer);
    watch.timer = setInterval(look, data.every * 1000);
  };
  watch.leave = () => {
    clearInterval(watch.timer);
    document.removeEventListener("visibilitychange", look);
  };
  return watch;
}
