/**
 * The time that is left for a step, counted down in the browser.
 *
 * The server sends the end time and its own current time: the browser's clock may be wrong, but it runs
 * at the right speed. No rerun is needed.
 */

import { called } from "./component.js";

const TELL_AT_MINUTES = [10, 5, 1];

export default called(mount);

function mount(parent) {
  const root = parent.querySelector(".countdown");
  const [shown, timer, status] = root.querySelectorAll("span");
  const clock = { timer: null, ahead: Number.NEGATIVE_INFINITY, announced: null };
  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  const seconds = () => {
    const { ends_at: endsAt, left } = clock.data;
    const now = Date.now() + clock.ahead;
    return endsAt === null ? left : Math.max(0, (endsAt - now) / 1000);
  };

  const draw = () => {
    const { step, ends_at: endsAt } = clock.data;
    // As a kitchen timer does: the last second is 0:01, and 0:00 is over.
    const left = Math.ceil(seconds());
    const paused = endsAt === null;
    const over = left === 0 && !paused;
    root.classList.toggle("over", over);
    root.classList.toggle("paused", paused);
    if (over) {
      const sentence = `Time for ${step} is up. Please finish soon.`;
      write(shown, sentence);
      write(timer, "");
      write(status, sentence);
      return;
    }
    write(shown, `${step} · ${digits(left)}${paused ? " · paused" : ""}`);
    write(timer, spoken(left, step, paused));
    tell(left, step, paused);
  };

  /** Announce the time to screen readers, rarely and in few words. */
  const tell = (left, step, paused) => {
    const minutes = Math.ceil(left / 60);
    const now = paused ? "paused" : TELL_AT_MINUTES.filter((each) => minutes <= each).at(-1) ?? "";
    if (now === clock.announced) return;
    const first = clock.announced === null;
    clock.announced = now;
    if (!first) write(status, now === "" ? "" : spoken(left, step, paused));
  };

  /** Take in what time it was on the server: on its way that grows old, and never younger. */
  const heard = (now) => {
    clock.ahead = Math.max(clock.ahead, now - Date.now());
  };
  // A page on a slow line is seconds old when it is drawn; this answer is not.
  const ask = async (address) => {
    try {
      const answer = await fetch(address);
      if (answer.ok) heard((await answer.json()).now);
    } catch {
      return;
    }
  };

  clock.update = (data) => {
    if (!clock.data) ask(data.address);
    clock.data = data;
    heard(data.drawn);
    clearInterval(clock.timer);
    clock.timer = setInterval(draw, 250);
    draw();
  };
  clock.leave = () => clearInterval(clock.timer);
  return clock;
}

function digits(left) {
  const [hours, minutes, rest] = [left / 3600, (left / 60) % 60, left % 60].map(Math.floor);
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function spoken(left, step, paused) {
  const minutes = Math.ceil(left / 60);
  const words = `${minutes} ${minutes === 1 ? "minute" : "minutes"} left for ${step}`;
  return paused ? `${words}, paused` : words;
}
