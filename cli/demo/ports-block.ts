/** The demo's ports are one block: everything moves together when it has to make room. */

/** Where the block begins in the shop's documents: the control plane and the dashboard. */
export const DEFAULT_BASE = 9_900;
/** The highest port of the block lies below base + this. */
export const BLOCK_SIZE = 30;

const LOOPBACK_ADDRESS = /^127\.0\.0\.1:(\d{1,5})$/;

/** @returns the same structure with every loopback address moved by `offset` ports */
export function shiftPorts(value: unknown, offset: number): unknown {
  if (typeof value === 'string') {
    const port = LOOPBACK_ADDRESS.exec(value)?.[1];
    return port === undefined ? value : `127.0.0.1:${Number(port) + offset}`;
  }
  if (Array.isArray(value)) return value.map((inner) => shiftPorts(inner, offset));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shiftPorts(inner, offset)]));
}
