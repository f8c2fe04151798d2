/** Stays until a signal comes. */

export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  // A pending promise alone does not keep the process alive.
  const alive = setInterval(() => undefined, 60_000);
  return new Promise((done) => {
    signal.addEventListener(
      'abort',
      () => {
        clearInterval(alive);
        done();
      },
      { once: true },
    );
  });
}
