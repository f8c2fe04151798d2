/** An event as the body of a message, in the format of its receiver. Pure: every attempt sends the same bytes. */
import type { NotificationEvent, NotificationSpec } from '../../contracts/notification.ts';
import type { Message } from '../outgoing/send.ts';
import { CLOUD_EVENT_TYPE, cloudEvent } from './cloud-event.ts';
import { slackMessage } from './slack.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

export function messageOf(format: NotificationSpec['format'], event: NotificationEvent): Message {
  const { id } = event;
  switch (format) {
    case 'slack':
      return { id, contentType: JSON_TYPE, body: JSON.stringify(slackMessage(event)) };
    case 'cloudevents':
      return { id, contentType: CLOUD_EVENT_TYPE, body: JSON.stringify(cloudEvent(event)) };
    case 'json':
      return { id, contentType: JSON_TYPE, body: JSON.stringify(event) };
  }
}
