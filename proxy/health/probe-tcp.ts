/** Passes when a connection is made, and where the endpoint speaks TLS a handshake. */
import { connect } from 'node:net';
import { once } from './probe.ts';
import type { Probe } from './probe.ts';

export const probeTcp: Probe = ({ host, port, dial }, done) => {
  const { tell, end } = once(done);
  const socket = dial ? dial() : connect({ host, port });
  socket.on(dial ? 'secureConnect' : 'connect', () => {
    tell(true);
    socket.destroy();
  });
  socket.on('error', () => tell(false));
  return () => {
    end();
    socket.destroy();
  };
};
