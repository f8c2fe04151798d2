/** Stands in for `meshproof control` and `meshproof proxy` in tests of `up`: just enough to come up and be counted. */
import { createServer } from 'node:http';

const [command, ...rest] = process.argv.slice(2);
const option = (name) => rest[rest.indexOf(`--${name}`) + 1];

process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));

if (command === 'control') control();
else proxy();

function control() {
  const proxies = new Map();
  createServer((request, response) => {
    const seen = request.headers['x-fake-proxy'];
    if (seen) proxies.set(seen, { id: seen, connected: true, sync: 'ACKED' });
    const body = request.url === '/api/v1/proxies' ? [...proxies.values()] : { version: 1, results: [] };
    response.end(JSON.stringify(body));
  }).listen(Number(option('listen').split(':')[1]), '127.0.0.1');
}

function proxy() {
  const call = () =>
    fetch(`${option('control')}/healthz`, { headers: { 'x-fake-proxy': option('id') } }).catch(() => undefined);
  void call();
  setInterval(call, 100);
}
