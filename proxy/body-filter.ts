/** Filters on the body of an answer as it streams: decoded bytes in, other bytes, later bytes, or a broken end out. */

/** Where a filter writes to: the next filter, and at last the client. */
export interface BodySink {
  /** @returns false when the receiver does not keep up: stop the source by returning false from onData */
  write(bytes: Buffer): boolean;
  /** The body is complete. */
  end(): void;
  /** The body cannot be completed: the client's connection is broken so that it never looks whole. */
  breakOff(): void;
  /** The filter that has returned false from onData takes more. */
  ready(): void;
}

export interface BodyFilter {
  /** True when exactly as many bytes leave as came: a Content-Length is kept. */
  readonly keepsLength: boolean;
  /** @param bytes - valid beyond the call @returns false: give no more until sink.ready() */
  onData(bytes: Buffer, sink: BodySink): boolean;
  /** No more comes; the filter calls sink.end() now or later. */
  onEnd(sink: BodySink): void;
  /** The client reads again. */
  onDrain?(sink: BodySink): void;
  /** The exchange is over: timers stop, nothing is written any more. */
  cancel(): void;
}
