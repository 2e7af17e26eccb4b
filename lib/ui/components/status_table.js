/**
 * The teams x steps table, and its polling.
 *
 * The server is polled every few seconds while the table is visible, at once when it becomes
 * visible, and never while it is hidden: Streamlit's own timer never stops. New data
 * updates the table cell by cell, so that focus, scroll position and sorting stay.
 */

import { called } from "./component.js";

const GIVE_UP_MS = 30000;

export default called(mount);

const make = (name, props = {}, ...children) => {
  const element = Object.assign(document.createElement(name), props);
  element.append(...children);
  return element;
};

const put = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

function mount(parent, first) {
  const columns = JSON.parse(parent.querySelector(".board").dataset.columns);
  const head = parent.querySelector("thead tr");
  const body = parent.querySelector("tbody");
  const looked = parent.querySelector(".looked");
  const headline = parent.querySelector(".headline");
  const news = parent.querySelector(".news");
  const store = `throughline/board/${first.workshop}`;
  const board = { data: first, rows: new Map(), asked: 0, timer: null };
  const sorted = read(store);

  // Between two looks

  const look = () => {
    const now = Date.now();
    if (document.visibilityState !== "visible" || now - board.asked < GIVE_UP_MS) return;
    board.asked = now;
    board.tell("look", now);
  };
  const arm = () => {
    clearInterval(board.timer);
    board.timer =
      document.visibilityState === "visible" ? setInterval(look, board.data.every * 1000) : null;
  };
  const seen = () => {
    arm();
    look();
  };
  document.addEventListener("visibilitychange", seen);
  board.leave = () => {
    clearInterval(board.timer);
    document.removeEventListener("visibilitychange", seen);
    delete parent.board;
  };

  // Sorting

  const sort = (key) => {
    const isSame = sorted.key === key;
    sorted.key = isSame && sorted.down ? "" : key;
    sorted.down = isSame && !sorted.down;
    sessionStorage.setItem(store, JSON.stringify(sorted));
    draw();
  };
  const inOrder = (rows) => {
    const place = columns.findIndex(({ key }) => key === sorted.key);
    if (place < 0) return rows;
    const compare = ({ cells: a }, { cells: b }) => {
      const [one, other] = [a[place].sort, b[place].sort];
      return typeof one === "string" ? one.localeCompare(other) : one - other;
    };
    return [...rows].sort((a, b) => (sorted.down ? -1 : 1) * compare(a, b));
  };

  // Drawing

  const heading = ({ key, label, tip }) => {
    const arrow = make("span", { className: "arrow", ariaHidden: "true" });
    const button = make("button", { type: "button", title: tip }, label, " ", arrow);
    button.onclick = () => sort(key);
    const head = make("th", { scope: "col" }, button);
    head.dataset.column = key;
    return head;
  };
  const drawHead = () => {
    if (!head.children.length) head.append(...columns.map(heading));
    columns.forEach(({ key }, place) => {
      const isIt = key === sorted.key;
      head.children[place].ariaSort = isIt ? (sorted.down ? "descending" : "ascending") : "none";
      put(head.children[place].querySelector(".arrow"), isIt ? (sorted.down ? "▼" : "▲") : "");
    });
  };
  const newRow = (id) => {
    const cells = columns.map((_, place) => {
      const button = make(
        "button",
        { type: "button", tabIndex: -1 },
        make("span", { className: "text" }),
        make("span", { className: "note" }),
      );
      button.onclick = () => choose(id, place);
      return make(place ? "td" : "th", place ? {} : { scope: "row" }, button);
    });
    return make("tr", {}, ...cells);
  };
  const choose = (id, place) => {
    const row = board.data.rows.find((each) => each.id === id);
    board.data.opened = { team: id, step: row.cells[place].kind ? columns[place].key : row.at };
    draw();
    board.tell("chosen", board.data.opened);
  };
  const drawCell = (button, cell, row, { key, tip: name }) => {
    const [text, note] = button.children;
    put(text, cell.text);
    if (cell.share !== undefined || note.className === "bar") {
      note.className = "bar";
      note.firstChild ?? note.append(make("i"));
      note.firstChild.style.width = `${Math.round((cell.share ?? 0) * 100)}%`;
    } else {
      put(note, cell.note ?? "");
    }
    if (cell.kind) button.dataset.kind = cell.kind;
    button.classList.toggle("late", Boolean(cell.late));
    button.title = [cell.kind && name, cell.tip].filter(Boolean).join(" · ");
    if (cell.kind) {
      const { team, step } = board.data.opened;
      button.ariaPressed = String(team === row.id && step === key);
      button.ariaLabel = [cell.text, cell.note, button.title].filter(Boolean).join(" · ");
    }
  };
  const draw = () => {
    drawHead();
    const rows = inOrder(board.data.rows);
    const wanted = rows.map(({ id }) => board.rows.get(id) ?? newRow(id));
    board.rows = new Map(rows.map(({ id }, place) => [id, wanted[place]]));
    rows.forEach((row, place) => {
      row.cells.forEach((cell, at) => drawCell(wanted[place].children[at].firstChild, cell, row, columns[at]));
    });
    if (wanted.some((row, place) => row !== body.children[place]) || body.children.length !== wanted.length) {
      const focused = parent.querySelector("tbody button:focus");
      body.replaceChildren(...wanted);
      focused?.focus({ preventScroll: true });
    }
    if (!body.querySelector('[tabindex="0"]')) {
      const first = body.querySelector('[aria-pressed="true"]') ?? body.querySelector("button");
      if (first) first.tabIndex = 0;
    }
    board.data.headline.forEach(([value, words], place) => {
      const line = headline.children[place] ?? headline.appendChild(make("li", {}, make("strong"), make("span")));
      put(line.children[0], value);
      put(line.children[1], words);
    });
    put(looked, board.data.looked);
    news.hidden = !board.data.news;
    put(news, board.data.news ? `${board.data.news} · Show` : "");
  };
  const show = () => {
    const pressed = body.querySelector('[aria-pressed="true"]');
    const scroller = parent.querySelector(".scroller");
    if (!pressed) return;
    const name = body.querySelector("th").offsetWidth;
    const [left, right] = [scroller.scrollLeft + name, scroller.scrollLeft + scroller.clientWidth];
    const cell = pressed.parentElement;
    if (cell.offsetLeft < left || cell.offsetLeft + cell.offsetWidth > right) {
      scroller.scrollLeft = cell.offsetLeft - name;
    }
  };
  board.update = (data, { setTriggerValue }) => {
    board.tell = setTriggerValue;
    const { team, step } = data.opened;
    const isOther = team !== board.shown?.team || step !== board.shown?.step;
    board.data = data;
    board.shown = data.opened;
    board.asked = 0;
    draw();
    arm();
    // Once for each step that is opened: a look moves nothing.
    if (isOther) requestAnimationFrame(show);
  };

  // By keyboard: one stop of the tab key, and the arrows within

  news.onclick = () => board.tell("chosen", board.data.opened);
  body.onfocusin = ({ target }) => {
    for (const each of body.querySelectorAll('[tabindex="0"]')) each.tabIndex = -1;
    target.tabIndex = 0;
  };
  body.onkeydown = (event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    if (!step[event.key]) return;
    const cell = event.target.closest("th, td");
    const [down, along] = step[event.key];
    const row = body.children[[...body.children].indexOf(cell.parentElement) + down];
    row?.children[cell.cellIndex + along]?.firstChild.focus();
    event.preventDefault();
  };
  return board;
}

function read(store) {
  try {
    return JSON.parse(sessionStorage.getItem(store)) ?? { key: "", down: false };
  } catch {
    return { key: "", down: false };
  }
}
