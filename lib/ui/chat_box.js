/**
 * The box a message is typed into, and the outbox it waits in until the server has it.
 *
 * The built-in chat input sends each message once, as an event: two sent within one script start
 * and the first is gone. Here what was sent stays in the component's state, which the browser
 * repeats with every rerun, until the page has confirmed each message by its id. The server stores
 * a message by that id once, however often it comes.
 */

import { called } from "./component.js";
import {
  AGAIN_MS,
  PAUSE_MS,
  afterPress,
  burst,
  keep,
  kept,
  newId,
  post,
  pressedLately,
  sendOff,
  whenLeaving,
} from "./typing.js";
import { writerOf } from "./writer.js";

const RESEND_EVERY_MS = 3000;
const SHOW_WAITING_AFTER_MS = 1500;
const TELL_UNSENT_AFTER_MS = 30000;
const RECEIVED_LEFT_IN_STATE = 10000;
const HIGHEST_PX = 220;

export default called(mount);

function mount(parent, first) {
  const text = parent.querySelector("textarea");
  const send = parent.querySelector(".line button");
  const waiting = parent.querySelector(".waiting");
  const notice = parent.querySelector(".notice");
  const suggestions = parent.querySelector(".suggestions");
  const box = { data: first, outbox: [], sentState: false, timer: null };

  const remember = () => keep(box.data.storage, { text: text.value, outbox: box.outbox });

  // What is typed and not sent is kept on the server too: for another machine, or a closed laptop.
  let typed = 0;
  let told = 0;
  let asking = false;
  const unsent = () => {
    const { link, step, member } = box.data.delivery;
    const writer = writerOf(box.data.storage);
    const what = { text: text.value, revision: typed };
    return { link, step, member, writer, unsent: what, instead_of: box.takenFrom ?? "" };
  };
  const tellUnsent = async () => {
    if (asking || told === typed) return;
    const now = typed;
    asking = true;
    const said = await post(box.data.delivery.typed, unsent());
    asking = false;
    if (said) told = now;
    if (said?.stored) box.takenFrom = "";
    if (told !== typed) setTimeout(tellUnsent, said ? PAUSE_MS : AGAIN_MS);
  };
  const pause = burst(tellUnsent);
  const touch = () => {
    typed = Math.max(typed + 1, Date.now());
    pause.touch();
  };
  const push = () => {
    box.sentState = true;
    box.setStateValue("outbox", box.outbox.map(({ id, text }) => ({ id, text })));
  };
  const fit = () => {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, HIGHEST_PX)}px`;
    send.disabled = !text.value.trim();
  };
  const tell = (sentence) => {
    notice.textContent = sentence;
    notice.hidden = !sentence;
  };
  const draw = () => {
    const now = Date.now();
    const slow = box.outbox.filter(({ at }) => now - at > SHOW_WAITING_AFTER_MS);
    waiting.replaceChildren(
      ...slow.map(({ text }) => {
        const bubble = document.createElement("div");
        bubble.textContent = text.length > 2000 ? `${text.slice(0, 2000)} …` : text;
        return bubble;
      }),
    );
    waiting.hidden = slow.length === 0;
    if (box.outbox.some(({ at }) => now - at > TELL_UNSENT_AFTER_MS)) {
      tell("Not saved yet. It is kept here and sent again until it is: please leave this tab open.");
      box.toldUnsent = true;
    } else if (box.toldUnsent && box.outbox.length === 0) {
      tell("");
      box.toldUnsent = false;
    }
  };
  const dispatch = (value) => {
    tell("");
    box.outbox.push({ id: newId(), text: value, at: Date.now() });
    // Whatever was suggested is answered, before the server knows: a second click finds nothing.
    box.answered = box.data.suggested.of;
    offer();
    remember();
    push();
  };
  const offer = () => {
    const { of, texts } = box.data.suggested;
    const wanted = box.outbox.length || box.answered === of ? [] : texts;
    const shown = [...suggestions.children].map(({ textContent }) => textContent);
    if (wanted.join("\n") !== shown.join("\n")) {
      suggestions.replaceChildren(...wanted.map(suggestion));
    }
    suggestions.hidden = wanted.length === 0;
  };
  const suggestion = (value) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = value;
    button.addEventListener("click", (event) => {
      if (!button.isConnected) return;
      // By the keyboard: the button goes, and whoever pressed it must not be left nowhere.
      if (event.detail === 0) text.focus();
      dispatch(value);
    });
    return button;
  };
  const submit = () => {
    const value = text.value;
    if (!value.trim()) return;
    if (value.length > box.data.limit) {
      const limit = box.data.limit.toLocaleString("en");
      tell(
        `This message has ${value.length.toLocaleString("en")} characters; ${limit} fit into one. ` +
          "Your text is still in the box: please send it in parts.",
      );
      return;
    }
    text.value = "";
    fit();
    dispatch(value);
    touch();
    pause.flush();
  };

  box.update = (data, { setStateValue }) => {
    box.setStateValue = setStateValue;
    const moved = data.storage !== box.data.storage;
    box.data = data;
    text.placeholder = data.placeholder;
    text.setAttribute("aria-label", data.placeholder);
    if (moved || !box.recalled) {
      const memory = kept(box.data.storage);
      box.recalled = true;
      writerOf(data.storage);
      box.outbox = memory?.outbox ?? [];
      text.value = memory?.text ?? "";
      if (memory === null && data.unsent) {
        text.value = data.unsent.text;
        box.takenFrom = data.unsent.writer;
        remember();
        touch();
      }
      fit();
    }
    const settled = new Set(data.settled);
    const left = box.outbox.filter(({ id }) => !settled.has(id));
    const heavy = box.outbox.reduce((sum, { text }) => sum + text.length, 0);
    const changed = left.length !== box.outbox.length;
    for (const { id, sentence } of data.refused) {
      const entry = box.outbox.find((each) => each.id === id);
      if (!entry) continue;
      text.value = text.value ? `${entry.text}\n${text.value}` : entry.text;
      tell(sentence);
      fit();
    }
    box.outbox = left;
    if (changed) remember();
    // The state still holds what was received. That is harmless, and clearing it costs a rerun:
    // worth it only where every rerun would carry a long text again.
    if (changed && left.length === 0 && heavy > RECEIVED_LEFT_IN_STATE) afterPress(parent, push);
    if (left.length && !box.sentState) push();
    clearInterval(box.timer);
    let sentAt = Date.now();
    box.timer = setInterval(() => {
      draw();
      const isDue = box.outbox.length && Date.now() - sentAt >= RESEND_EVERY_MS;
      if (!isDue || pressedLately()) return;
      sentAt = Date.now();
      push();
    }, 500);
    draw();
    offer();
  };

  // A page that is left in the moment of sending may take the component's state with it. What the
  // server has not confirmed goes there by a request of its own; it is stored once all the same.
  const deliver = () => {
    const { address, link, step, member } = box.data.delivery;
    const sent = box.outbox.map(({ id, text }) => ({ id, text }));
    if (sent.length) sendOff(address, { link, step, member, outbox: sent });
    if (told !== typed) sendOff(box.data.delivery.typed, unsent());
  };
  whenLeaving(deliver);
  box.leave = () => {
    clearInterval(box.timer);
    deliver();
  };

  text.addEventListener("input", () => {
    fit();
    remember();
    touch();
  });
  text.addEventListener("keydown", (event) => {
    // An Enter that ends a composition (Chinese, Japanese, Korean, some emoji) chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  send.addEventListener("click", submit);
  text.disabled = false;
  return box;
}
