/**
 * Wraps each component's mount function.
 *
 * Streamlit calls a component whenever its data has changed. While its script is loading two calls
 * may wait for it: the one made first may then arrive last, with outdated data, and be asked to unmount
 * although the other stays. Seen in Chromium on a busy machine: of 225 pages opened, two
 * showed none of the replies the guide suggests.
 */

/** Milliseconds after a component was made in which a call may come too late. */
const SETTLING_MS = 10000;

/**
 * Return what Streamlit calls, with data in JSON. `mount(parentElement, data)` makes what has
 * `update(data, call)` and `leave()`. `data.drawn`, where there is one, is when the page was drawn, in
 * milliseconds.
 */
export function called(mount) {
  return (call) => {
    const { parentElement } = call;
    const data = JSON.parse(new TextDecoder().decode(call.data));
    parentElement.held ??= { it: mount(parentElement, data), since: Date.now() };
    const { held } = parentElement;
    const isLate = data.drawn < held.drawn && Date.now() - held.since < SETTLING_MS;
    if (!isLate) {
      held.drawn = data.drawn;
      held.it.update(data, call);
    }
    return () => {
      if (!parentElement.isConnected) held.it.leave();
    };
  };
}
