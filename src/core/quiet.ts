/** Keeps what a library prints while it is loaded from the terminal: who loads it decides what becomes of it. */

/** Resolves with what `load` does; lines that it prints by `console.warn` and `console.info` meanwhile go to `tell`. */
export const withoutPrinting = async <T>(load: () => Promise<T>, tell: (line: string) => void): Promise<T> => {
  const { warn, info } = console;
  const take = (...words: readonly unknown[]): void => { tell(words.map(String).join(' ')); };
  Object.assign(console, { warn: take, info: take });
  try {
    return await load();
  } finally {
    Object.assign(console, { warn, info });
  }
};
