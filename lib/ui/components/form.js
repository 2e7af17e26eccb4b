/**
 * A draft to edit, saved while it is typed.
 *
 * Streamlit's own inputs reach the server when they lose the focus; a laptop that is closed in the
 * middle of a sentence takes the sentence with it. Here a change is sent after a pause, at the
 * latest LONGEST_MS after the first, and when the page is left or hidden. It is kept in the browser and
 * sent again until the server has it in its database. Each edit says what its field held before, so
 * that the server can tell what two people changed at the same time.
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
  sendOff,
  whenLeaving,
} from "./input.js";
import { leaveBehind, takeOver } from "./writer.js";

const MOST_SENT = 3;
const TELL_AFTER_MS = 30000;
const UNSAVED =
  "Not saved yet. Your text is kept here and we keep trying. Please leave this tab open.";
const REFUSED = "Your text cannot be saved: this link no longer opens your team.";
const TOO_LONG = "This is too long to save. Shorten it or remove entries. Your text is still here.";

export default called(mount);

const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

function mount(parent, first) {
  const root = parent.querySelector(".fields");
  const notice = parent.querySelector(".notice");
  const form = { data: first, epoch: first.epoch, newest: -1, fields: new Map(), sending: false };
  const store = first.storage;
  // Counts the edits of this form. No clock has a part in it: one that is set back would make what is
  // typed next look like a repeat of what was typed before.
  form.number = 0;
  form.since = null;

  const dirty = () => [...form.fields.values()].filter((field) => field.revision > 0);
  const before = (field) => field.sent.filter(({ revision }) => revision < field.revision);
  const edits = () =>
    dirty().map((field) => ({
      field: field.spec.name,
      value: field.local,
      was: field.base,
      sent: before(field).map(({ value }) => value),
      sent_as: before(field).map((each) => [each.writer, each.revision]),
      writer: field.writer,
      revision: field.revision,
      epoch: field.epoch,
    }));
  const remember = () => {
    // The page was opened again meanwhile: what the tab keeps is the new form's.
    if (form.gone) return;
    const unsaved = edits();
    keep(store, unsaved);
    leaveBehind(store, unsaved.length ? { edits: unsaved } : null);
  };
  const body = (what) => {
    const { address, ...who } = form.data.delivery;
    return { ...who, edits: what };
  };
  /** What goes off may come without an answer: the next edit of its field says so. */
  const goingOff = () => {
    const what = edits();
    for (const { field: name, value, writer, revision } of what) {
      const { sent } = form.fields.get(name);
      if (sent.at(-1)?.revision !== revision) sent.push({ value, writer, revision });
      if (sent.length > MOST_SENT) sent.shift();
    }
    return what;
  };
  const tell = (sentence) => {
    notice.textContent = sentence;
    notice.hidden = !sentence;
  };

  const send = async () => {
    if (form.sending || !dirty().length) return;
    const what = goingOff();
    form.sending = true;
    const reply = await post(form.data.delivery.address, body(what));
    form.sending = false;
    if (reply?.refused) tell(reply.refused === 413 ? TOO_LONG : REFUSED);
    else if (reply?.stored) settle(what, reply);
    else if (reply && Object.keys(reply.behind ?? {}).length) catchUp(what, reply.behind);
    else if (Date.now() - form.since > TELL_AFTER_MS) tell(UNSAVED);
    if (dirty().length) setTimeout(send, reply?.stored ? PAUSE_MS : AGAIN_MS);
  };
  const pause = burst(send);

  /** The server knows later edits of these fields' writers: what is still here goes off as a new one. */
  const catchUp = (what, behind) => {
    form.number = Math.max(form.number, ...Object.values(behind));
    for (const edit of what.filter(({ field }) => field in behind)) {
      const field = form.fields.get(edit.field);
      if (field.revision !== edit.revision) continue;
      // Under its old number it has never come.
      field.sent = field.sent.filter(({ revision }) => revision !== edit.revision);
      field.revision = form.number += 1;
    }
    remember();
  };

  /** The server has these edits in its database, each as it was or merged with somebody else's. */
  const settle = (what, reply) => {
    form.newest = Math.max(form.newest, reply.revision);
    for (const edit of what) {
      const field = form.fields.get(edit.field);
      field.base = edit.value;
      field.sent = field.sent.filter(({ revision }) => revision > edit.revision);
      if (field.revision !== edit.revision) continue;
      field.revision = 0;
      field.known = reply.fields[edit.field] ?? null;
      if (!reply.same.includes(edit.field)) adopt(field);
    }
    if (!dirty().length) {
      form.since = null;
      tell("");
    }
    remember();
    if (reply.aside.length) afterPress(parent, () => form.setStateValue("aside", newId()));
  };

  const touch = (field, value) => {
    field.local = value;
    // A new one for each time the page is opened: a tab that was duplicated has a copy of what the
    // first one keeps, and two with one name would pass for each other's repeats. One for each
    // field: of one writer, a lower revision than the newest is never still on its way.
    field.ours ??= newId();
    form.number += 1;
    Object.assign(field, { writer: field.ours, revision: form.number, epoch: form.epoch });
    form.since ??= Date.now();
    remember();
    pause.touch();
  };

  const isFocused = (field) => {
    const active = parent.getRootNode().activeElement;
    return active !== null && field.holder.contains(active);
  };
  /** Show what the server has, unless somebody is typing there: then when they leave the field. */
  const adopt = (field) => {
    field.waiting = field.revision > 0 || isFocused(field);
    if (field.waiting) return;
    field.local = field.base = field.known;
    draw(field);
  };
  const draw = (field) => {
    const change = (value) => touch(field, value);
    field.holder.replaceChildren(control(field.spec, field.local, change, form, field.spec.name));
    fitAll(field.holder);
  };

  form.open = new Map();
  form.update = (data, { setStateValue }) => {
    form.setStateValue = setStateValue;
    const again = form.data.delivery.step !== data.delivery.step || !same(form.data.spec, data.spec);
    form.data = data;
    if (!form.fields.size || again) build(data);
    else if (data.epoch !== form.epoch || data.revision >= form.newest) refresh(data);
    // A hidden tab of the page has no height: texts get theirs when it is shown.
    requestAnimationFrame(() => fitAll(root));
  };
  const build = (data) => {
    // Another card of the same step: what is not stored yet still goes off, drawn or not.
    const unsaved = dirty();
    form.fields.clear();
    form.epoch = data.epoch;
    form.newest = data.revision;
    const memory = kept(store);
    const earlier = Array.isArray(memory) ? memory : [];
    for (const spec of data.spec) {
      const holder = document.createElement("div");
      holder.dataset.field = spec.name;
      const known = data.values[spec.name] ?? null;
      const field = { spec, holder, known, local: known, base: known, revision: 0, sent: [] };
      form.fields.set(spec.name, field);
    }
    pickUp(earlier);
    for (const field of unsaved) stay(field);
    const drawn = [...form.fields.values()].filter(({ spec }) => data.spec.includes(spec));
    drawn.forEach(draw);
    root.replaceChildren(...drawn.map((field) => field.holder));
    if (data.card) requestAnimationFrame(() => requestAnimationFrame(showTop));
    if (dirty().length) send();
    else resume();
  };
  /** A conversation is scrolled to its end, which hides the question that a long card belongs to. */
  const showTop = () => {
    const talk = parent.getRootNode().host?.closest('[class*="st-key-transcript"]');
    const above = root.getBoundingClientRect().top - (talk?.getBoundingClientRect().top ?? 0);
    if (talk && above < talk.clientHeight / 3) talk.scrollTop += above - talk.clientHeight / 3;
  };
  const stay = (unsaved) => {
    const { spec, holder, known, ...edit } = unsaved;
    const field = form.fields.get(spec.name);
    if (field) Object.assign(field, edit);
    else form.fields.set(spec.name, unsaved);
  };
  /** Take edits up as they were when the page was left; return their fields. */
  const pickUp = (earlier) => {
    const known = earlier.filter((edit) => form.fields.has(edit.field));
    form.number = Math.max(form.number, ...known.map(({ revision }) => revision));
    return known.map((edit) => {
      const { value: local, was: base, revision, epoch, writer } = edit;
      const sent = edit.sent.map((value, at) => {
        const [by, number] = edit.sent_as?.[at] ?? [writer, 0];
        return { value, writer: by, revision: number };
      });
      form.since = Date.now();
      return Object.assign(form.fields.get(edit.field), { local, base, sent, writer, revision, epoch });
    });
  };
  /** Continue with what a tab of this browser could not save before it was closed. */
  const resume = async () => {
    const isWanted = () => !form.gone && !dirty().length;
    const found = await takeOver(store, isWanted);
    if (!found) return;
    for (const field of pickUp(found.edits)) if (!isFocused(field)) draw(field);
    remember();
    send();
  };
  const refresh = (data) => {
    form.epoch = data.epoch;
    form.newest = data.revision;
    for (const field of form.fields.values()) {
      const value = data.values[field.spec.name] ?? null;
      if (same(value, field.known)) continue;
      field.known = value;
      adopt(field);
    }
  };

  const commit = () => {
    if (!dirty().length) return;
    form.setStateValue("edits", goingOff());
    pause.flush();
  };
  // A click elsewhere in the page reaches the server after the text typed before it.
  root.addEventListener("focusout", () => {
    for (const field of form.fields.values()) {
      if (field.waiting) setTimeout(() => adopt(field), 0);
    }
    commit();
  });
  // A choice is whole when it is made.
  root.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=checkbox], input[type=radio]")) commit();
  });
  const deliver = () => {
    if (dirty().length) sendOff(form.data.delivery.address, body(goingOff()));
  };
  whenLeaving(deliver);
  askBeforeClosing(() => !form.gone && dirty().length > 0);
  form.leave = () => {
    form.gone = true;
    deliver();
  };
  new ResizeObserver(() => fitAll(root)).observe(root);
  return form;
}

// The controls

let controls = 0;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter(Boolean));
  return made;
}

/** A field's control with its label; `change` is given the whole new value of the field. */
function control(spec, value, change, form, path) {
  if (spec.kind === "group") return group(spec, value ?? {}, change, form, path);
  if (spec.kind === "entries") return entries(spec, value ?? [], change, form, path);
  controls += 1;
  const id = `field-${controls}`;
  if (spec.kind in choices) return choices[spec.kind](spec, value, change, id, path);
  const input = inputs[spec.kind](spec, value, change);
  input.id = id;
  input.dataset.path = path;
  const label = element("label", { htmlFor: id, textContent: spec.label });
  if (spec.kind === "check") return element("div", { className: "check" }, input, label);
  const help = spec.help && element("p", { className: "help", id: `${id}-help` }, spec.help);
  if (help) input.setAttribute("aria-describedby", help.id);
  return element("div", { className: `field ${spec.kind}` }, label, help, input);
}

const inputs = {
  line(_spec, value, change) {
    const input = element("input", { type: "text", value: value ?? "", autocomplete: "off" });
    input.addEventListener("input", () => change(input.value));
    return input;
  },
  text(_spec, value, change) {
    const input = element("textarea", { rows: 1, value: value ?? "" });
    input.addEventListener("input", () => {
      fit(input);
      change(input.value);
    });
    return input;
  },
  lines(_spec, value, change) {
    const input = element("textarea", { rows: 2, value: (value ?? []).join("\n") });
    input.addEventListener("input", () => {
      fit(input);
      change(input.value.split("\n"));
    });
    return input;
  },
  number(spec, value, change) {
    const input = element("input", { type: "number", step: 1, value: value ?? "" });
    if (spec.low !== null) input.min = spec.low;
    if (spec.high !== null) input.max = spec.high;
    input.addEventListener("input", () => {
      // "-" on its way to "-5" is no number yet: nothing to send.
      if (!input.validity.badInput) change(input.value === "" ? null : Number(input.value));
    });
    return input;
  },
  choice(spec, value, change) {
    const input = element("select", {});
    input.append(new Option("Not chosen", ""));
    for (const option of spec.options) input.append(new Option(option, option));
    input.value = spec.options.includes(value) ? value : "";
    input.addEventListener("change", () => change(input.value || null));
    return input;
  },
  check(_spec, value, change) {
    const input = element("input", { type: "checkbox", checked: Boolean(value) });
    input.addEventListener("change", () => change(input.checked));
    return input;
  },
};

/** What stands for a choice besides its word. */
const MARKS = { positive: "🙂", neutral: "😐", negative: "🙁" };

/** One of a row of choices, or several of a list. */
function boxes(spec, id, path, type, isChosen, choose) {
  const list = spec.options.map((option) => {
    const properties = { type, name: id, value: option, checked: isChosen(option) };
    const input = element("input", properties);
    input.dataset.path = path;
    input.addEventListener("change", () => choose(option, input.checked));
    return element("label", {}, input, element("span", {}, [MARKS[option], option].filter(Boolean).join(" ")));
  });
  const legend = element("legend", { textContent: spec.label });
  return element("fieldset", { className: `boxes ${spec.kind}` }, legend, ...list);
}

const choices = {
  pick(spec, value, change, id, path) {
    return boxes(spec, id, path, "radio", (option) => option === value, (option) => change(option));
  },
  picks(spec, value, change, id, path) {
    let now = value ?? [];
    // What is no option any more was chosen too: it stays.
    const toggle = (option, isOn) => {
      now = isOn ? [...now, option] : now.filter((each) => each !== option);
      change(now);
    };
    return boxes(spec, id, path, "checkbox", (option) => now.includes(option), toggle);
  },
  /** True for one entry of a list at most: `entries` sees to that. */
  sole(spec, value, change, id, path) {
    const input = element("input", { type: "radio", id, name: path.replace(/\d+/, ""), checked: Boolean(value) });
    input.dataset.path = path;
    input.addEventListener("change", () => change(true));
    return element("div", { className: "check" }, input, element("label", { htmlFor: id, textContent: spec.label }));
  },
};

function inner(specs, value, change, form, path) {
  let now = { ...value };
  return specs.map((spec) => {
    const changed = (part) => {
      now = { ...now, [spec.name]: part };
      change(now);
    };
    return control(spec, now[spec.name], changed, form, `${path}/${spec.name}`);
  });
}

function group(spec, value, change, form, path) {
  const legend = element("legend", { textContent: spec.label });
  const fields = inner(spec.fields, value, change, form, path);
  return element("fieldset", {}, legend, element("div", { className: "group" }, ...fields));
}

function entries(spec, value, change, form, path) {
  let now = [...value];
  let gone = null;
  const list = element("div", { className: "entries" });
  const add = element("button", { type: "button", textContent: "Add one" });
  const back = element("button", { type: "button", hidden: true });
  const head = spec.head ?? spec.fields[0].name;
  const place = (at) => `${path}/${at + 1}`;
  const called = (entry, at) => entry[head] || `New, no. ${at + 1}`;
  /** Take out one entry, or put one in; each of the others stays as folded as it was. */
  const splice = (at, ...put) => {
    const open = now.map((_each, where) => form.open.get(place(where)) ?? false);
    const count = put.length ? 0 : 1;
    now = [...now];
    now.splice(at, count, ...put);
    open.splice(at, count, ...put.map(() => true));
    open.forEach((is, where) => form.open.set(place(where), is));
    draw();
  };
  const remove = (at) => {
    gone = { entry: now[at], at };
    back.textContent = `Put “${called(now[at], at)}” back`;
    splice(at);
    back.hidden = false;
    back.focus();
    change(now);
  };
  const one = (entry, at) => {
    const title = element("summary", { textContent: called(entry, at) });
    const { sole, sentence } = spec;
    const preview = sentence && element("div", { className: "preview" });
    const compose = (whole) => {
      const text = sentence.map((part, place) => (place % 2 ? whole[part] || "…" : part)).join("");
      const take = element("button", { type: "button", textContent: "Use this sentence" });
      take.addEventListener("click", () => {
        changed({ ...now[at], full_statement: text });
        draw();
      });
      preview.hidden = Boolean(whole.full_statement);
      preview.replaceChildren(element("p", {}, text), text.includes("…") ? "" : take);
    };
    const changed = (whole) => {
      const isOnly = sole && whole[sole];
      const isNew = isOnly && !now[at][sole];
      const others = (each) => (isOnly && each[sole] ? { ...each, [sole]: false } : each);
      now = now.map((each, where) => (where === at ? whole : others(each)));
      title.textContent = called(whole, at);
      if (preview) compose(whole);
      change(now);
      if (!isNew) return;
      // The others' controls still hold what they were drawn with.
      draw();
      list.querySelector(`[data-path="${place(at)}/${sole}"]`)?.focus();
    };
    if (preview) compose(entry);
    const fields = inner(spec.fields, entry, changed, form, place(at));
    const away = element("button", { type: "button", textContent: "Remove this one" });
    away.addEventListener("click", () => remove(at));
    const content = element("div", { className: "group" }, ...fields, preview, spec.fixed ? null : away);
    if (spec.flat) {
      const legend = element("legend", {}, title.textContent);
      return element("fieldset", { className: "row" }, legend, content);
    }
    const open = form.open.get(place(at)) ?? !Object.keys(entry).length;
    const fold = element("details", { open }, title, content);
    fold.addEventListener("toggle", () => {
      form.open.set(place(at), fold.open);
      fitAll(fold);
    });
    return fold;
  };
  const draw = () => {
    const shown = (_each, at) => (spec.only ?? at) === at;
    list.replaceChildren(...now.map(one).filter(shown));
    add.hidden = spec.fixed || (spec.only ?? null) !== null;
    add.disabled = spec.most !== null && now.length >= spec.most;
    back.hidden = true;
    fitAll(list);
  };
  add.addEventListener("click", () => {
    splice(now.length, {});
    list.lastElementChild.querySelector("input, textarea, select")?.focus();
  });
  back.addEventListener("click", () => {
    splice(gone.at, gone.entry);
    list.children[gone.at].querySelector("summary").focus();
    change(now);
  });
  draw();
  const buttons = element("div", { className: "buttons" }, add, back);
  return element("fieldset", {}, element("legend", { textContent: spec.label }), list, buttons);
}

function fit(input) {
  if (!input.offsetParent) return;
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight + 2}px`;
}

function fitAll(within) {
  within.querySelectorAll("textarea").forEach(fit);
}
