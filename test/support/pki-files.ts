/** What tests of certificate files share. */

/** The pause that reading takes between rounds of a long derivation. */
export const pause = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
