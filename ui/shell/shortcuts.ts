/** Keys pressed one after the other, such as `.` then `h`. */

/** The second key counts only this soon after the first. */
export const SEQUENCE_MS = 1_500;

export type Pressed = { readonly key: string; readonly atMs: number };

/** Whether `key` completes a sequence that `before` began. Pure. */
export function completes(sequence: readonly [string, string], before: Pressed | null, now: Pressed): boolean {
  return (
    before !== null &&
    before.key === sequence[0] &&
    now.key.toLowerCase() === sequence[1] &&
    now.atMs - before.atMs <= SEQUENCE_MS
  );
}

/** Keys belong to a field while one is being typed in. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input:not([type=radio], [type=checkbox]), textarea, select'))
  );
}

/** @returns a function that stops listening */
export function onSequence(sequence: readonly [string, string], act: () => void): () => void {
  let before: Pressed | null = null;
  const pressed = (event: KeyboardEvent): void => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const now = { key: event.key, atMs: event.timeStamp };
    const complete = completes(sequence, before, now);
    before = complete ? null : now;
    if (complete) act();
  };
  window.addEventListener('keydown', pressed);
  return () => window.removeEventListener('keydown', pressed);
}
