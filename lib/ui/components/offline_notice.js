/**
 * Says in one line that the server cannot be reached, as long as it cannot. Streamlit's dialog about
 * it is closed before it is painted, and the focus goes back to where it was.
 */

import { called } from "./component.js";

const DIALOG_TITLE = "Connection error";
const STATE = "data-test-connection-state";
const PATIENCE_MS = 2000;

export default called(mount);

function mount(parent) {
  const line = parent.querySelector(".away");
  const app = document.querySelector(`[${STATE}]`);
  const watch = { sentence: "" };
  let focused = null;
  let timer = null;

  const remember = (event) => {
    const target = event.composedPath()[0];
    if (target instanceof Element && !target.closest('[role="dialog"]')) focused = target;
  };
  const tell = () => {
    line.textContent = watch.sentence;
    line.hidden = false;
  };
  const look = () => {
    if (app?.getAttribute(STATE) === "CONNECTED") {
      clearTimeout(timer);
      timer = null;
      line.hidden = true;
    } else {
      timer ??= setTimeout(tell, PATIENCE_MS);
    }
  };
  const close = () => {
    const dialogs = [...document.querySelectorAll('[role="dialog"]')];
    const lost = dialogs.find((each) => each.textContent.trim().startsWith(DIALOG_TITLE));
    if (!lost) return;
    const before = focused;
    lost.querySelector("button")?.click();
    // The dialog hands the focus back by itself, but knows nothing of what is within a component.
    const back = () => before?.isConnected && before.focus();
    queueMicrotask(back);
    requestAnimationFrame(() => requestAnimationFrame(back));
  };
  const states = new MutationObserver(look);
  if (app) states.observe(app, { attributes: true, attributeFilter: [STATE] });
  const dialogs = new MutationObserver(close);
  dialogs.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("focusin", remember, true);
  watch.update = ({ sentence }) => {
    watch.sentence = sentence;
  };
  watch.leave = () => {
    states.disconnect();
    dialogs.disconnect();
    document.removeEventListener("focusin", remember, true);
    clearTimeout(timer);
  };
  return watch;
}
