/**
 * The secret id a tab writes under in a step, and what this browser keeps under it.
 *
 * The id is random and never leaves this browser but for the server, which keeps a text under it: it is
 * the key to read or change that text. sessionStorage holds it for a reload, localStorage for a tab that
 * is opened after this one was closed.
 *
 * A tab that was duplicated has a copy of what the first one keeps, its id too. Under one id each of the
 * two would take the other's words for its own earlier ones. So a tab that begins with a kept id asks
 * the other tabs for it, and takes a new one if one of them has it.
 */

import { keep, kept, newId } from "./input.js";

/** Milliseconds in which another tab says that it has an id. */
const ANSWER_MS = 500;

/** Entries this browser keeps at most, of all teams and steps; the oldest go first. */
const MOST_ENTRIES = 50;

const ENTRY = /^throughline\/.*\/unsent\/[^/]+$/;
const ORDER = "throughline/order";

const names = new Map();
const orders = new Map();
const held = new Set();
const others = new BroadcastChannel("throughline/writers");

const take = (storage, name) => {
  names.set(storage, name);
  keep(`${storage}/writer`, name);
};
const begin = (storage) => take(storage, newId());

others.addEventListener("message", ({ data }) => {
  if (data.held) held.add(data.held);
  for (const [storage, name] of names) {
    if (name === data.asked) others.postMessage({ held: name });
    else if (name === data.held) begin(storage);
  }
});

/** Return the id; call it first some time before it is needed: who has it answers in milliseconds. */
export function writerOf(storage) {
  if (!names.has(storage)) {
    const name = kept(`${storage}/writer`);
    if (name) {
      names.set(storage, name);
      others.postMessage({ asked: name });
    } else begin(storage);
  }
  return names.get(storage);
}

/** Keep `entry` in this browser under the tab's id, for the time after the tab; null removes it. */
export function leaveBehind(storage, entry) {
  const name = writerOf(storage);
  return write(`${storage}/unsent/${name}`, entry && { ...entry, order: orderOf(name) });
}

/**
 * Return the newest entry that a closed tab left behind, and continue under its id; null if there is
 * none. Nothing is taken unless `isWanted()` still holds once the other tabs have had time to answer.
 */
export async function takeOver(storage, isWanted) {
  const mine = `${storage}/unsent/`;
  const found = entries().filter(({ place }) => place.startsWith(mine));
  const ids = found.map(({ place }) => place.slice(mine.length));
  const closed = ids.filter((id) => id !== writerOf(storage));
  if (!closed.length) return null;
  closed.forEach((id) => held.delete(id));
  closed.forEach((asked) => others.postMessage({ asked }));
  await new Promise((again) => setTimeout(again, ANSWER_MS));
  const id = closed.findLast((each) => !held.has(each));
  const entry = id && read(mine + id);
  if (!entry || !isWanted()) return null;
  // Of two tabs that are opened at once, the later claim counts.
  const claim = newId();
  if (!write(mine + id, { ...entry, claim })) return null;
  await new Promise((again) => setTimeout(again, ANSWER_MS / 10));
  if (read(mine + id)?.claim !== claim || !isWanted()) return null;
  take(storage, id);
  others.postMessage({ held: id });
  return entry;
}

/** The entries of this browser, oldest first. */
function entries() {
  try {
    const places = Object.keys(localStorage).filter((place) => ENTRY.test(place));
    const found = places.map((place) => ({ place, order: read(place)?.order ?? 0 }));
    return found.sort((one, other) => one.order - other.order);
  } catch {
    return [];
  }
}

function read(place) {
  try {
    return JSON.parse(localStorage.getItem(place));
  } catch {
    return null;
  }
}

/** Return whether `value` is kept there now; null removes what is. */
function write(place, value) {
  try {
    if (value === null) localStorage.removeItem(place);
    else localStorage.setItem(place, JSON.stringify(value));
  } catch {
    return false;
  }
  return true;
}

/** A number that is larger for a tab that began later; with a new one, what is too old goes. */
function orderOf(name) {
  if (!orders.has(name)) {
    const order = (read(ORDER) ?? 0) + 1;
    write(ORDER, order);
    orders.set(name, order);
    const tooMany = entries().slice(0, 1 - MOST_ENTRIES);
    tooMany.forEach(({ place }) => write(place, null));
  }
  return orders.get(name);
}
