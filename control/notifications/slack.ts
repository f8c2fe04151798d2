/**
 * The message of an incoming webhook as Slack takes it, and those who take Slack's: `text`, which every one of them shows,
 * and one attachment with a colour and short fields. Pure.
 */
import type { NotificationEvent } from '../../contracts/notification.ts';

type Field = { readonly title: string; readonly value: string; readonly short: true };
export type SlackMessage = {
  readonly text: string;
  readonly attachments: readonly {
    readonly color: string;
    readonly fallback: string;
    readonly fields: readonly Field[];
    readonly footer: string;
    /** Unix seconds. */
    readonly ts: number;
  }[];
};

const GOOD = '#2e7d32';
const BAD = '#c62828';
const CARE = '#ef6c00';
const PLAIN = '#607d8b';

export function slackMessage(event: NotificationEvent): SlackMessage {
  const { experiment, kind, service, baseline, candidate, verdict, phase, message, run, at } = event;
  const versions = baseline !== '' && candidate !== '' ? `, ${baseline} → ${candidate}` : '';
  const text = `*${escape(experiment)}* (${kind} of ${escape(service)}${escape(versions)}): ${escape(message)}`;
  const field = (title: string, value: string): Field => ({ title, value: escape(value), short: true });
  const fields = [field('Verdict', verdict), field('Phase', phase)];
  const ts = Math.floor(Date.parse(at) / 1_000);
  return { text, attachments: [{ color: colorOf(event), fallback: text, fields, footer: run, ts }] };
}

function colorOf({ event, verdict }: NotificationEvent): string {
  if (event === 'trouble') return BAD;
  if (event === 'waiting' || event === 'no-data' || event === 'aborted') return CARE;
  if (verdict === 'PASS') return GOOD;
  if (verdict === 'FAIL') return BAD;
  return verdict === 'INCONCLUSIVE' ? CARE : PLAIN;
}

/** The three characters that mean something to Slack: a sentence must not become a link, or call everybody. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
