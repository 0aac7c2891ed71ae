import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again until the answer is truthy, and returns it. The one way of waiting here: there are no fixed sleeps.
 * An exception counts as "not yet", unless `fatal` says that waiting has become useless.
 */
export async function until(what, ask, { boundMs = 10_000, everyMs = 10, show = () => '', fatal = () => false } = {}) {
  const end = performance.now() + boundMs;
  let last;
  for (;;) {
    try {
      last = await ask();
      if (last) return last;
    } catch (failure) {
      last = failure;
      if (fatal()) throw failure;
    }

    if (performance.now() > end) {
      throw new Error(`not within ${boundMs} ms: ${what}; last: ${last?.stack ?? JSON.stringify(last)}\n${show()}`);
    }

    await pause(everyMs);
  }
}

/** Fails when a promise takes longer than it may. */
export async function within(boundMs, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${boundMs} ms: ${what}`)), boundMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
