/**
 * The name a tab writes under in a step: the same one after a reload, and no other tab's.
 *
 * A tab that was duplicated has a copy of what the first one keeps, its name too. Under one name each
 * of the two would take the other's words for its own earlier ones. So whoever begins with a name that
 * was kept asks who has it, and takes a new one where somebody does.
 */

import { keep, kept, newId } from "./typing.js";

const names = new Map();
const others = new BroadcastChannel("throughline/writers");

const begin = (storage) => {
  const name = newId();
  names.set(storage, name);
  keep(`${storage}/writer`, name);
};

others.addEventListener("message", ({ data: { asked, held } }) => {
  for (const [storage, name] of names) {
    if (name === asked) others.postMessage({ held: name });
    else if (name === held) begin(storage);
  }
});

/** Return the name; call it first some time before it is needed: who has it answers in milliseconds. */
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
