/** Passes when a connection is made. */
import { connect } from 'node:net';
import { once } from './probe.ts';
import type { Probe } from './probe.ts';

export const probeTcp: Probe = ({ host, port }, done) => {
  const { tell, end } = once(done);
  const socket = connect({ host, port });
  socket.on('connect', () => {
    tell(true);
    socket.destroy();
  });
  socket.on('error', () => tell(false));
  return () => {
    end();
    socket.destroy();
  };
};
