/** Where a client connection stands. */

/** Nothing of a request is here. */
export const IDLE = 0;
/** A part of a head is here. */
export const HEAD = 1;
/** The head is here, the body is coming; the exchange may have begun. */
export const BODY = 2;
/** The request is here whole; the answer is being made. */
export const WAIT = 3;
export const TUNNEL = 4;
/** Our side is closed; what still comes is thrown away, so that the client can read our answer. */
export const LINGER = 5;
export const CLOSED = 6;
