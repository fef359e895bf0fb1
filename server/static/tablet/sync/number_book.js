// The numbers of notices that the server reserved for this tablet: which are free, which are taken. Pure.

/** Nothing reserved yet. */
export const EMPTY = { free: [], taken: {} };

/** Take the lowest free number: [book, number]; [book, null] where there is none. */
export function takeNumber(book, nowMs) {
  const [number, ...free] = [...book.free].sort();
  return number === undefined ? [book, null] : [{ free, taken: { ...book.taken, [number]: nowMs } }, number];
}

/** Put a number back that was taken and not used; one that was not taken here stays out. */
export function putBack(book, number) {
  if (!(number in book.taken)) return book;
  const taken = Object.fromEntries(Object.entries(book.taken).filter(([one]) => one !== number));
  return { free: [...book.free, number].sort(), taken };
}

/**
 * The book after the server named all numbers that are reserved and unused: those taken here stay taken, those that
 * it does not name any more (used, void) are done with.
 */
export function topUp(book, numbers) {
  const named = new Set(numbers);
  const taken = Object.fromEntries(Object.entries(book.taken).filter(([number]) => named.has(number)));
  return { free: numbers.filter((number) => !(number in taken)).sort(), taken };
}

/** Numbers taken so long ago that a check should hold them, and none does: they are to become void. */
export function strays(book, held, nowMs, afterMs) {
  return Object.entries(book.taken)
    .filter(([number, at]) => !held.has(number) && Math.abs(nowMs - at) > afterMs)
    .map(([number]) => number);
}
