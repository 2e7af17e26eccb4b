/**
 * What a reply took, a line each, with a press to edit, move or take it out, and what it offers.
 *
 * A press goes to the server with an id, and stays in the component's state until the page has
 * confirmed it. Text is set as text: nothing anybody wrote is read as markup. A row is drawn again
 * only if it has changed, so that focus and what is being typed stay.
 */

import { called } from "./component.js";
import { newId } from "./input.js";

/** Lines that are shown at once; the others are folded. */
const SHOWN = 6;

/** Characters from which on a text is cut to three lines, until it is clicked. */
const LONG = 240;

/** Pixels from the end of the conversation within which somebody reads its end. */
const NEAR_PX = 60;

/** Milliseconds in which the page itself may scroll to a new message. */
const SETTLE_MS = 500;

export default called(mount);

/** The element around `element` that scrolls, outside of the component too. */
function scrollerOf(element) {
  for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
    // Also where nothing overflows yet: what is around a conversation must not scroll in its place.
    if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
  }
  return null;
}

const make = (name, props = {}, ...children) => {
  const element = Object.assign(document.createElement(name), props);
  element.append(...children.filter(Boolean));
  return element;
};

function mount(parent) {
  const last = parent.querySelector(".last");
  const earlier = parent.querySelector(".earlier");
  const others = parent.querySelector(".others");
  const status = parent.querySelector(".status");
  const root = parent.querySelector(".read-back");
  // What is opened for editing or moving, by item; and what is on its way.
  const panel = { presses: [], opened: null, unfolded: new Set(), rows: new Map() };

  const press = (reply, about, how, more = {}) => {
    const { reply: id, position } = reply;
    const { item, revision } = about;
    panel.presses.push({ id: newId(), reply: id, position, item, revision, how, ...more });
    panel.opened = null;
    panel.focus = `${id}/${item}`;
    panel.tell("presses", panel.presses);
    status.textContent = "";
    draw();
  };
  const isOnItsWay = (reply, about) =>
    panel.presses.some(({ reply: id, item, revision }) => id === reply.reply && item === about.item && revision === about.revision);

  const short = (text) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
  const button = (label, name, act, props = {}) => {
    const it = make("button", { type: "button", textContent: label, ariaLabel: name, ...props });
    it.onclick = act;
    return it;
  };
  const open = (key, kind) => {
    panel.opened = panel.opened?.key === key && panel.opened.kind === kind ? null : { key, kind };
    panel.focus = panel.opened ? null : key;
    draw();
  };

  // The parts of a row

  const editor = (reply, about) => {
    const text = make("textarea", { value: about.can.edit, rows: 1, ariaLabel: `New text for ${about.label}` });
    text.maxLength = panel.data.most;
    const save = () => text.value.trim() && press(reply, about, "edited", { text: text.value });
    text.onkeydown = (event) => {
      // A page's shortcuts are not for what is typed here.
      event.stopPropagation();
      if (event.key === "Escape") open(`${reply.reply}/${about.item}`, "edit");
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      save();
    };
    const cancel = () => open(`${reply.reply}/${about.item}`, "edit");
    return make(
      "div",
      { className: "form" },
      text,
      button("Save", `Save the new text for ${about.label}`, save, { className: "main" }),
      button("Cancel", "Cancel editing", cancel),
    );
  };
  const mover = (reply, about) => {
    const choices = about.can.places.map((label, place) =>
      button(label, `Move “${short(about.text)}” to ${label}`, () => press(reply, about, "moved", { place }), { className: "main" }),
    );
    return make("div", { className: "form", role: "group", ariaLabel: "Move to" }, ...choices);
  };
  const acts = (reply, about) => {
    const key = `${reply.reply}/${about.item}`;
    const { can } = about;
    const words = `“${short(about.text)}”`;
    const isOpen = (kind) => panel.opened?.key === key && panel.opened.kind === kind;
    const toggle = (kind, label, name) => {
      const it = button(label, name, () => open(key, kind));
      it.ariaExpanded = String(isOpen(kind));
      return it;
    };
    const out = about.kind === "remove" ? ["Put it back", `Put ${words} back`] : ["Just talk", `${words} was just talk: take it out`];
    return [
      can.edit !== undefined && toggle("edit", "Edit", `Edit ${words}`),
      can.places?.length && toggle("move", "Move", `Move ${words} to another field`),
      can.talk && button(...out, () => press(reply, about, "talk")),
      can.accept && button(about.offer, `${about.offer}. ${about.text}`, () => press(reply, about, "accepted"), { className: "main" }),
      can.reopen && button("Undo", `Undo: ${about.note}`, () => press(reply, about, "open")),
    ];
  };
  const textOf = (about, key) => {
    const isLong = about.text.length > LONG && !panel.unfolded.has(key);
    const text = make("span", { className: `text${isLong ? " long" : ""}`, textContent: about.text });
    if (isLong) {
      text.onclick = () => {
        panel.unfolded.add(key);
        draw();
      };
    }
    return text;
  };
  const newRow = (reply, about) => {
    const key = `${reply.reply}/${about.item}`;
    const isOut = about.how === "talk" ? about.kind !== "remove" : about.kind === "remove" || (about.isUndone && !about.offer);
    const what = make(
      "span",
      { className: "what" },
      about.label && make("span", { className: "label", textContent: `${about.kind === "remove" ? "Removed from " : ""}${about.label}: ` }),
      textOf(about, key),
      about.who && make("span", { className: "who", textContent: ` (${about.who})` }),
      about.note && make("span", { className: "note", textContent: ` · ${about.note}` }),
    );
    const row = make("li", { className: [about.offer ? "offer" : "", isOut ? "out" : ""].join(" ").trim() }, what);
    const isWaiting = isOnItsWay(reply, about);
    const all = panel.data.open ? acts(reply, about).filter(Boolean) : [];
    all.forEach((each) => (each.disabled = isWaiting));
    if (all.length) row.append(make("span", { className: "acts" }, ...all));
    if (panel.opened?.key === key && panel.data.open) {
      row.append(panel.opened.kind === "edit" ? editor(reply, about) : mover(reply, about));
    }
    return row;
  };

  // Drawing

  /** The button that was pressed is gone: the focus stays where it was, and goes to what comes there. */
  const keepFocus = (element, isWaiting) => {
    if (!isWaiting) panel.focus = null;
    element.tabIndex = -1;
    requestAnimationFrame(() => {
      const next = isWaiting ? element : (element.querySelector("button:not(:disabled)") ?? element);
      next.focus({ preventScroll: true });
    });
  };

  /** The row as it was drawn, unless something about it has changed. */
  const row = (reply, about) => {
    const key = `${reply.reply}/${about.item}`;
    const isOpened = panel.opened?.key === key && panel.opened.kind;
    const state = [about, isOpened, isOnItsWay(reply, about), panel.unfolded.has(key), panel.data.open];
    const print = JSON.stringify(state);
    const held = panel.rows.get(key);
    if (held?.print === print) return held.row;
    const drawn = newRow(reply, about);
    panel.rows.set(key, { print, row: drawn });
    if (panel.focus === key) keepFocus(drawn, isOnItsWay(reply, about));
    else if (isOpened) {
      requestAnimationFrame(() => drawn.querySelector(".form textarea, .form button")?.focus({ preventScroll: true }));
    }
    return drawn;
  };
  const foot = (reply) => {
    const { all } = reply;
    const isWaiting = isOnItsWay(reply, all);
    const name = (text) => `${text} this reply changed: “${short(reply.said)}”`;
    const acts = panel.data.open && [
      all.can.undo && button("Undo all", name("Undo everything"), () => press(reply, all, "undone"), {
        disabled: isWaiting,
        title: "Takes out what this reply put into the draft. What somebody changed since stays.",
      }),
      all.can.redo && button("Put it back", name("Put back everything"), () => press(reply, all, "open"), { disabled: isWaiting }),
    ];
    const parts = [all.note && make("span", { className: "note", textContent: all.note }), ...(acts || [])].filter(Boolean);
    if (!parts.length) return null;
    const it = make("div", { className: "foot" }, ...parts);
    if (panel.focus === `${reply.reply}/${all.item}`) keepFocus(it, isWaiting);
    return it;
  };
  const list = (rows) => make("ul", {}, ...rows);
  const fold = (reply, rows) => {
    if (!rows.length) return null;
    const key = `${reply.reply}/more`;
    const it = make("details", { open: panel.unfolded.has(key) }, make("summary", { textContent: `${rows.length} more` }), list(rows));
    it.ontoggle = () => (it.open ? panel.unfolded.add(key) : panel.unfolded.delete(key));
    return it;
  };
  const drawReply = (reply) => {
    // What nobody accepted and nobody can accept any more would read as if it had happened.
    const items = reply.items.filter((about) => !about.offer || panel.data.open || about.can.reopen);
    const rows = items.map((about) => row(reply, { ...about, isUndone: Boolean(reply.all.note) }));
    // An offer waits for an answer: it is never folded behind lines.
    const offers = rows.filter((_, at) => items[at].offer);
    const lines = rows.filter((_, at) => !items[at].offer);
    const most = Math.max(SHOWN - offers.length, SHOWN / 2);
    return [list([...lines.slice(0, most), ...offers]), fold(reply, lines.slice(most)), foot(reply)].filter(Boolean);
  };
  const draw = () => {
    const active = parent.getRootNode().activeElement;
    const caret = active?.matches?.("textarea") ? [active.selectionStart, active.selectionEnd] : null;
    const { replies, newest } = panel.data;
    const isFirst = (reply) => reply.reply === newest;
    last.replaceChildren(...replies.filter(isFirst).flatMap(drawReply));
    const older = replies.filter((reply) => !isFirst(reply));
    earlier.hidden = !older.length;
    others.replaceChildren(
      ...older.flatMap((reply) => [make("p", { className: "said", textContent: `“${reply.said}”` }), ...drawReply(reply)]),
    );
    if (active && active !== parent.getRootNode().activeElement && active.isConnected) {
      active.focus({ preventScroll: true });
      if (caret) active.setSelectionRange(...caret);
    }
  };

  /** Who reads the end of the conversation still does when the lines come, after the message. */
  const stayAtEnd = (grown) => {
    const scroller = grown > 0 && scrollerOf(root);
    if (!scroller) return;
    const follow = () => {
      const left = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
      if (left <= grown + NEAR_PX) scroller.scrollTop = scroller.scrollHeight;
    };
    requestAnimationFrame(follow);
    setTimeout(follow, SETTLE_MS);
  };

  panel.update = (data, { setStateValue }) => {
    panel.data = data;
    panel.tell = setStateValue;
    const known = new Set(data.settled);
    const isSettled = panel.presses.some(({ id }) => known.has(id));
    panel.presses = panel.presses.filter(({ id }) => !known.has(id));
    // Drawing again while somebody types with an input method would end their word.
    const { drawn, settled, ...shown } = data;
    const print = JSON.stringify(shown);
    const before = root.offsetHeight;
    if (print !== panel.print || isSettled) draw();
    stayAtEnd(root.offsetHeight - before);
    panel.print = print;
    if (isSettled) status.textContent = "Done.";
  };
  panel.leave = () => {};
  return panel;
}
