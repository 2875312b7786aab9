/** One run of some work for all who ask for it while it runs. */

/** Returns a function that resolves when the work was begun after the call and has ended. What runs may have looked before the caller's moment: one more run serves all who wait. */
export const sharing = (act: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | undefined;
  let again: Promise<void> | undefined;
  const run = (): Promise<void> => {
    running = act().finally(() => { running = undefined; });
    return running;
  };
  return () => {
    if (running === undefined) return run();
    again ??= running.catch(() => undefined).then(() => {
      again = undefined;
      return run();
    });
    return again;
  };
};
