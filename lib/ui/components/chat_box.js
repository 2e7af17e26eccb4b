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
  askBeforeClosing,
  burst,
  keep,
  kept,
  newId,
  post,
  pressedLately,
  sendOff,
  whenLeaving,
} from "./input.js";
import { leaveBehind, takeOver, writerOf } from "./writer.js";

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

  // Revisions of the text: the one in the box, and the one the server has stored. They only count,
  // and continue after a reload: the browser's clock may be set back.
  let typed = 0;
  let stored = 0;
  let asking = false;
  /**
   * Keep what the box holds: in this tab for a reload, in this browser for the time after the tab. Text
   * the server has stored is left to the server, which gives it to who knows the id it is under.
   */
  const remember = () => {
    const { storage } = box.data;
    const { outbox } = box;
    keep(storage, { text: text.value, outbox, typed, told: stored });
    const isDone = stored === typed && !text.value && !outbox.length;
    const entry = { text: stored === typed ? null : text.value, outbox, typed };
    if (!leaveBehind(storage, isDone ? null : entry)) {
      // A text too long for this browser: what the server has of it is found by its id.
      leaveBehind(storage, { ...entry, text: null });
    }
  };
  const asked = (what) => {
    const { link, step, member } = box.data.delivery;
    return { link, step, member, ...what };
  };
  const unsent = () => {
    const writer = writerOf(box.data.storage);
    return asked({ writer, unsent: { text: text.value, revision: typed } });
  };
  const tellUnsent = async () => {
    if (box.gone || asking || stored === typed) return;
    const now = typed;
    const { storage, delivery } = box.data;
    asking = true;
    const reply = await post(delivery.typed, unsent());
    asking = false;
    if (storage === box.data.storage && reply?.stored) {
      stored = now;
      remember();
    } else if (storage === box.data.storage && reply?.revision >= typed) {
      // The server has a later one from before: this one comes after it.
      typed = reply.revision + 1;
    }
    if (stored !== typed && !reply?.refused) setTimeout(tellUnsent, reply ? PAUSE_MS : AGAIN_MS);
  };
  const pause = burst(tellUnsent);
  const touch = () => {
    typed += 1;
    remember();
    pause.touch();
  };
  const restore = (memory) => {
    box.outbox = memory?.outbox ?? [];
    text.value = memory?.text ?? "";
    typed = memory?.typed ?? Number(Boolean(text.value));
    stored = memory?.told ?? 0;
    fit();
    if (stored !== typed) pause.touch();
  };
  const isFree = () => !box.gone && !text.value && !box.outbox.length;
  /** Continue with what a tab of this browser left behind when it was closed. */
  const resume = async () => {
    const { storage } = box.data;
    const isWanted = () => isFree() && storage === box.data.storage;
    const found = isWanted() && (await takeOver(storage, isWanted));
    if (!found) return;
    restore(found);
    if (found.text === null) await recall(isWanted);
    if (!isWanted()) remember();
    if (box.outbox.length) push();
  };
  /** Read the text from the server, which has stored it. */
  const recall = async (isWanted) => {
    const writer = writerOf(box.data.storage);
    const reply = await post(box.data.delivery.typed, asked({ writer, recall: writer }));
    if (!isWanted()) return;
    if (reply === null) setTimeout(recall, AGAIN_MS, isWanted);
    else if (reply.text) restore({ text: reply.text, typed: reply.revision, told: reply.revision });
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
      tell("Not saved yet. Your text is kept here and we keep trying. Please leave this tab open.");
      box.warned = true;
    } else if (box.warned && box.outbox.length === 0) {
      tell("");
      box.warned = false;
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
      // The pressed button disappears: keep the keyboard focus in the box.
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
        `This message has ${value.length.toLocaleString("en")} characters; the limit is ${limit}. ` +
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
    box.gone = false;
    const moved = data.storage !== box.data.storage;
    if (moved) deliver();
    box.data = data;
    text.placeholder = data.placeholder;
    text.setAttribute("aria-label", data.placeholder);
    if (moved || !box.recalled) {
      box.recalled = true;
      writerOf(data.storage);
      restore(kept(data.storage));
      resume();
    }
    const settled = new Set(data.settled);
    const left = box.outbox.filter(({ id }) => !settled.has(id));
    const heavy = box.outbox.reduce((sum, { text }) => sum + text.length, 0);
    const changed = left.length !== box.outbox.length;
    for (const { id, sentence } of data.refused) {
      const entry = box.outbox.find((each) => each.id === id);
      if (!entry) continue;
      text.value = text.value ? `${entry.text}\n${text.value}` : entry.text;
      touch();
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
  // server has not confirmed is sent in a separate request; it is still stored only once.
  const deliver = () => {
    if (box.gone) return;
    const { address, link, step, member } = box.data.delivery;
    const sent = box.outbox.map(({ id, text }) => ({ id, text }));
    if (sent.length) sendOff(address, { link, step, member, outbox: sent });
    if (stored !== typed) sendOff(box.data.delivery.typed, unsent());
  };
  whenLeaving(deliver);
  askBeforeClosing(() => !box.gone && (box.outbox.length > 0 || stored !== typed));
  box.leave = () => {
    clearInterval(box.timer);
    deliver();
    box.gone = true;
  };

  text.addEventListener("input", () => {
    fit();
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
