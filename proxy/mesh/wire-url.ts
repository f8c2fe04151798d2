/** From what an operator calls the control plane to the address of its WebSocket. */
import { MeshproofError } from '../../contracts/errors.ts';
import { WIRE_PATH } from '../../contracts/wire.ts';

/**
 * @param control - `127.0.0.1:9900`, `http://host:port` or `https://host`
 * @throws MeshproofError REQUEST_INVALID
 */
export function wireUrl(control: string): string {
  const text = /^[a-z]+:\/\//i.test(control) ? control : `http://${control}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^(https?|wss?):$/.test(url.protocol)) {
    throw new MeshproofError(
      'REQUEST_INVALID',
      `"${control}" is not the address of a control plane; write http://127.0.0.1:9900`,
    );
  }
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  return `${secure ? 'wss' : 'ws'}://${url.host}${url.pathname.replace(/\/$/, '')}${WIRE_PATH}`;
}
