/** Short messages on what was just done, or could not be done. */

export type Notice = { readonly id: number; readonly tone: 'good' | 'bad' | 'wait'; readonly text: string };

const STAYS_MS = 12_000;
let nextId = 1;

class Notices {
  list = $state.raw<readonly Notice[]>([]);

  dismiss(id: number): void {
    this.list = this.list.filter((n) => n.id !== id);
  }
}

export const notices = new Notices();

/** Failures stay until they are dismissed; the rest goes by itself. */
export function notify(tone: Notice['tone'], text: string): void {
  const notice = { id: nextId++, tone, text };
  notices.list = [...notices.list.filter((n) => n.text !== text), notice].slice(-4);
  if (tone !== 'bad') setTimeout(() => notices.dismiss(notice.id), STAYS_MS);
}
