/**
 * The interviews of a step: bring one, say who is who, mark sentences as findings.
 *
 * Every press is a request that is answered once it is stored. What was not stored stays as it was, with
 * a notice. A file is read by the server; nothing of it is kept in the browser.
 */

import { called } from "./component.js";
import { askBeforeClosing, newId } from "./input.js";

const AWAY =
  "The server cannot be reached right now. Nothing is lost: what you brought is still here. Please try again.";
const REFUSED = {
  404: "This link no longer opens your team.",
  409: "This step is complete or held, so nothing can be added to it now.",
  413: "This file is too large. Please bring it in parts.",
  429: "Too many requests at once. Please try again in a moment.",
};

/** Headers that tell a table's columns, in the languages of the app. */
const SAID = /said|quote|text|what|zitat|aussage|gesagt|cita|dijo|propos/i;
const WHO = /who|speaker|name|^wer|person|sprecher|qui[eé]n|hablante|^qui|locuteur/i;
const WHEN = /time|date|when|zeit|datum|wann|fecha|hora|heure|quand/i;

export default called(mount);

function element(tag, text, className = "") {
  const made = document.createElement(tag);
  // Always as text: nothing anybody said is markup.
  made.textContent = text;
  made.className = className;
  return made;
}

function mount(parent) {
  const root = parent.querySelector(".interviews");
  const form = root.querySelector("form");
  const opened = root.querySelector(".open");
  const choose = form.querySelector(".columns");
  const list = opened.querySelector(".sentences");
  const panel = { id: newId(), dropped: null, leave() {} };

  const say = (text) => {
    const notice = root.querySelector(".notice");
    notice.textContent = text;
    notice.hidden = !text;
    if (text) notice.scrollIntoView({ block: "nearest" });
  };
  const ask = async (what) => {
    const { address, ...who } = panel.data.delivery;
    const body = JSON.stringify({ ...who, ...what });
    let answer;
    try {
      answer = await fetch(address, { method: "POST", credentials: "same-origin", body });
    } catch {
      say(AWAY);
      return null;
    }
    if (answer.status !== 200) {
      say(REFUSED[answer.status] ?? AWAY);
      return null;
    }
    const reply = await answer.json();
    say(reply.sentence ?? "");
    return reply.sentence ? null : reply;
  };
  /** Has the page drawn again, with what has changed. */
  const changed = () => panel.call?.setTriggerValue("changed", Date.now());

  // Bringing one

  const file = () => panel.dropped ?? form.file.files[0];
  const other = () => {
    // Another file or text is another interview.
    panel.id = newId();
    panel.dropped = null;
    choose.hidden = true;
    say("");
  };
  const content = async () => {
    if (!file()) return { text: form.text.value };
    const bytes = new Uint8Array(await file().arrayBuffer());
    let packed = "";
    for (let at = 0; at < bytes.length; at += 32768)
      packed += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return { file: file().name, data: btoa(packed) };
  };
  const columns = () => {
    if (choose.hidden) return {};
    const [text, speaker, time] = [form.text_column, form.speaker, form.time].map((each) => Number(each.value));
    return { columns: { text, speaker, time, header: form.header.checked } };
  };
  const chooseColumns = (rows) => {
    const lines = rows.map((row) => {
      const line = document.createElement("tr");
      line.append(...row.map((cell) => element("td", cell)));
      return line;
    });
    choose.querySelector("table").replaceChildren(...lines);
    const header = rows[0].map((cell, at) => cell || `Column ${at + 1}`);
    const fill = (select, words, first) => {
      select.replaceChildren(...first, ...header.map((name, at) => new Option(name, at)));
      const found = header.findIndex((name) => words.test(name));
      if (found >= 0) select.value = found;
    };
    fill(form.speaker, WHO, [new Option("No such column", -1)]);
    fill(form.time, WHEN, [new Option("No such column", -1)]);
    fill(form.text_column, SAID, []);
    choose.hidden = false;
    form.text_column.focus();
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (!file() && !form.text.value.trim()) return say("Choose a file or paste a text first.");
    if (file()?.size > panel.data.most) return say(REFUSED[413]);
    const button = form.querySelector("button");
    button.disabled = true;
    const name = form.name.value.trim() || file()?.name || "Pasted interview";
    const reply = await ask({ act: "bring", id: panel.id, name, ...(await content()), ...columns() });
    button.disabled = false;
    if (reply?.table) return chooseColumns(reply.table);
    if (!reply) return null;
    form.reset();
    other();
    show(reply);
    return changed();
  };
  form.file.onchange = other;
  form.text.oninput = other;
  const drop = root.querySelector(".drop");
  drop.ondragover = (event) => {
    event.preventDefault();
    drop.classList.add("over");
  };
  drop.ondragleave = () => drop.classList.remove("over");
  drop.ondrop = (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const [given] = event.dataTransfer.files;
    if (!given) return;
    other();
    panel.dropped = given;
    if (!form.name.value) form.name.value = given.name;
    form.requestSubmit();
  };

  // Who is who, and marking

  const show = (interview) => {
    const isFirst = panel.shown?.id !== interview.id;
    panel.shown = interview;
    opened.hidden = false;
    form.hidden = true;
    const heading = opened.querySelector("h4");
    heading.textContent = interview.name;
    opened.querySelector(".speakers").replaceChildren(...interview.speakers.map(speaker));
    const marked = interview.sentences.filter((each) => each.marked).length;
    opened.querySelector(".count").textContent =
      `${marked} of ${interview.sentences.length} sentences are marked as findings. Press one to mark it; ` +
      "a coloured edge suggests it.";
    list.replaceChildren(...lines(interview.sentences));
    if (isFirst) heading.focus();
    else list.querySelector(`[data-start="${panel.pressed}"]`)?.focus({ preventScroll: true });
  };
  const settle = async () => {
    const rows = [...opened.querySelectorAll(".speaker")];
    const names = rows.map((row) => [row.dataset.speaker, row.querySelector("[type=text]").value]);
    const asking = rows.filter((row) => row.querySelector("[type=checkbox]").checked);
    const reply = await ask({
      act: "settle",
      id: panel.shown.id,
      names: Object.fromEntries(names),
      asking: asking.map((row) => row.dataset.speaker),
    });
    if (reply) show(reply);
  };
  const speaker = ({ speaker: name, name: shown, asks }) => {
    const row = element("div", "", "speaker");
    row.dataset.speaker = name;
    const input = (values) => {
      const made = Object.assign(document.createElement("input"), values);
      made.disabled = !panel.data.open;
      made.onchange = settle;
      return made;
    };
    const named = element("label", name ? `${name} is` : "Who speaks");
    named.append(input({ type: "text", value: shown, maxLength: 60 }));
    const asking = element("label", "asks the questions");
    asking.prepend(input({ type: "checkbox", checked: asks }));
    row.append(named, asking);
    return row;
  };
  const lines = (sentences) => {
    let last = null;
    return sentences.map((each) => {
      const line = document.createElement("li");
      if (each.speaker && each.speaker !== last)
        line.append(element("p", [each.speaker, each.time].filter(Boolean).join(", "), "who"));
      last = each.speaker;
      line.append(each.asks ? element("p", each.text, "asked") : sentence(each));
      return line;
    });
  };
  const sentence = ({ start, text, marked, suggested }) => {
    const button = element("button", text, suggested ? "suggested" : "");
    button.type = "button";
    button.dataset.start = start;
    button.disabled = !panel.data.open;
    button.setAttribute("aria-pressed", marked);
    button.onclick = async () => {
      panel.pressed = start;
      const reply = await ask({ act: "mark", id: panel.shown.id, start, marked: !marked });
      if (!reply) return;
      show(reply);
      changed();
    };
    return button;
  };
  opened.querySelector(".close").onclick = () => {
    opened.hidden = true;
    form.hidden = !panel.data.open;
    panel.shown = null;
    root.querySelector(".kept button")?.focus();
  };

  askBeforeClosing(() => root.isConnected && Boolean(form.text.value.trim() || panel.dropped));
  panel.update = (data, call) => {
    panel.data = data;
    panel.call = call;
    form.hidden = !data.open || !opened.hidden;
    const items = data.kept.map(({ id, name, author }) => {
      const item = document.createElement("li");
      const button = element("button", name);
      button.type = "button";
      button.title = `Brought by ${author}`;
      button.onclick = async () => {
        const reply = await ask({ act: "open", id });
        if (reply) show(reply);
      };
      item.append(button);
      return item;
    });
    root.querySelector(".kept").replaceChildren(...items);
  };
  return panel;
}
