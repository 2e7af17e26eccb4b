/**
 * The tour: a card in the corner and a ring around what it speaks of, both over the page and neither
 * in its way. It begins by itself once; how far it went is kept in this browser.
 */

import { called } from "./component.js";

const PLACE = "throughline/tour";
const OVER = "over";
const FOLLOW_EVERY_MS = 300;

export default called(mount);

function mount(parent) {
  const find = (selector) => parent.querySelector(selector);
  const [start, ring, card, link] = [".start", ".ring", ".card", "a"].map(find);
  const [skip, back, next] = [".skip", ".back", ".next"].map(find);
  const tour = { stops: [], at: -1 };
  let follower = null;

  const target = () => tour.stops[tour.at]?.at && document.querySelector(tour.stops[tour.at].at);
  const follow = (asked) => {
    const box = target()?.getBoundingClientRect();
    ring.hidden = !box?.width;
    if (ring.hidden) return card.classList.remove("above");
    const around = { left: box.left - 6, top: box.top - 6, width: box.width + 12, height: box.height + 12 };
    Object.entries(around).forEach(([side, pixels]) => (ring.style[side] = `${pixels}px`));
    // While the page is still growing, what somebody is about to press must not jump away.
    if (asked !== true && card.matches(":hover")) return;
    const under = innerHeight - card.offsetHeight - 24;
    card.classList.toggle("above", box.bottom > under && box.top > card.offsetHeight + 24);
  };
  const draw = () => {
    const { title, text, link: words, href } = tour.stops[tour.at];
    const isLast = tour.at === tour.stops.length - 1;
    find(".place").textContent = `${tour.at + 1} of ${tour.stops.length}`;
    find("h2").textContent = title;
    find(".text").textContent = text;
    find(".try").hidden = !href;
    link.textContent = words ? `${words} (opens in a new tab)` : "";
    link.href = href || "#";
    back.hidden = tour.at === 0;
    skip.hidden = isLast;
    next.textContent = isLast ? "Done" : "Next";
    next.style.marginLeft = isLast && back.hidden ? "auto" : "";
  };
  const go = (to) => {
    tour.at = to;
    remember(to);
    draw();
    target()?.scrollIntoView({ block: "center" });
    follow(true);
  };
  const open = (to) => {
    ring.showPopover();
    card.showPopover();
    start.setAttribute("aria-expanded", "true");
    follower = setInterval(follow, FOLLOW_EVERY_MS);
    go(to);
  };
  const isOpen = () => card.matches(":popover-open");
  const close = () => {
    const held = card.contains(card.getRootNode().activeElement);
    clearInterval(follower);
    ring.hidePopover();
    card.hidePopover();
    start.setAttribute("aria-expanded", "false");
    tour.at = -1;
    remember(OVER);
    // Keep the keyboard focus on the page.
    if (held) start.focus();
  };
  const escape = (event) => {
    if (event.key === "Escape" && isOpen() && !document.querySelector('[role="dialog"]')) close();
  };

  tour.update = ({ stops }) => {
    const isFirst = tour.stops.length === 0;
    tour.stops = stops;
    if (isOpen()) {
      tour.at = Math.min(tour.at, stops.length - 1);
      draw();
    } else if (isFirst) {
      const place = remembered();
      if (place !== OVER) open(Math.min(Number(place) || 0, stops.length - 1));
    }
  };
  tour.leave = () => {
    clearInterval(follower);
    document.removeEventListener("keydown", escape);
    removeEventListener("scroll", follow, true);
    removeEventListener("resize", follow);
  };
  start.addEventListener("click", () => {
    if (!isOpen()) open(0);
    next.focus();
  });
  skip.addEventListener("click", close);
  back.addEventListener("click", () => {
    go(tour.at - 1);
    // The first stop has no way back, and a button that goes takes the focus with it.
    if (back.hidden) next.focus();
  });
  next.addEventListener("click", () => (tour.at < tour.stops.length - 1 ? go(tour.at + 1) : close()));
  document.addEventListener("keydown", escape);
  addEventListener("scroll", follow, true);
  addEventListener("resize", follow);
  return tour;
}

/** Forbidden storage costs only the memory: the tour is offered again. */
function remember(place) {
  try {
    localStorage.setItem(PLACE, String(place));
  } catch {
    return;
  }
}

function remembered() {
  try {
    return localStorage.getItem(PLACE);
  } catch {
    return OVER;
  }
}
