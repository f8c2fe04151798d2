/** CloudEvents 1.0 in the structured mode of its HTTP binding: attributes and data in one JSON body. Pure. */
import type { NotificationEvent } from '../../contracts/notification.ts';

export const CLOUD_EVENT_TYPE = 'application/cloudevents+json; charset=utf-8';

export type CloudEvent = {
  readonly specversion: '1.0';
  /** With `source` the same for every attempt, and for no other event: what a receiver recognises a repetition by. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: Omit<NotificationEvent, 'id' | 'at'>;
};

export function cloudEvent({ id, at, ...data }: NotificationEvent): CloudEvent {
  return {
    specversion: '1.0',
    id,
    source: `/meshproof/experiments/${data.experiment}`,
    type: `dev.meshproof.experiment.${data.event}`,
    subject: data.run,
    time: at,
    datacontenttype: 'application/json',
    data,
  };
}
