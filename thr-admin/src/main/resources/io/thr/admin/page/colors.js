/**
 * Which queues the plots show, and in which colour: a queue keeps its colour while the page is open.
 */
const COLORS = 6;

const places = new Map();
const hidden = new Set();

/** The custom property that holds its colour. */
export function colorOf(queue) {
  return `--q${place(queue) % COLORS}`;
}

/** Whether the plots show it: the first six, until somebody chooses. */
export function isShown(queue) {
  place(queue);
  return !hidden.has(queue);
}

/** Shows it in the plots, or does not. */
export function toggle(queue) {
  place(queue);
  if (!hidden.delete(queue)) {
    hidden.add(queue);
  }
}

function place(queue) {
  if (!places.has(queue)) {
    places.set(queue, places.size);
    if (places.size > COLORS) {
      hidden.add(queue);
    }
  }
  return places.get(queue);
}
