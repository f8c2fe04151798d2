/** Looks at the body of the user's answer as it passes, and changes nothing of it. */
import type { BodyFilter, BodySink } from '../body-filter.ts';
import type { AnswerCapture } from './capture.ts';

export class WatchedBody implements BodyFilter {
  readonly keepsLength = true;
  readonly #capture: AnswerCapture;

  constructor(capture: AnswerCapture) {
    this.#capture = capture;
  }

  onData(bytes: Buffer, sink: BodySink): boolean {
    this.#capture.body(bytes);
    return sink.write(bytes);
  }

  onEnd(sink: BodySink): void {
    this.#capture.end();
    sink.end();
  }

  onDrain(sink: BodySink): void {
    sink.ready();
  }

  cancel(): void {
    this.#capture.giveUp();
  }
}
