/** Streams of requests made from a grammar, mostly right, then bent: what a careless or a hostile client would send. */
import type { Random } from '../../proxy/random.ts';

const METHODS = ['GET', 'GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'get', 'M-SEARCH', 'CONNECT', 'X'] as const;
const TARGETS = [
  '/', '/a/b?c=d', '*', 'http://shop/', 'http://shop', 'http://shop?x', 'HTTPS://shop:443/a', '/a%20b', '/?a\\b', '/a\\b',
  'shop:80', 'shop:', '[::1]:80', 'a', '//', '/#x', '/"', '/é', 'http://', 'http:///a', 'http://u@h/', 'http://[::1]:99/x',
  'http://a:99999/', 'shop:65536',
] as const; // prettier-ignore
const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'http/1.1',
  'HTTP/1.1 ',
] as const;
const RIGHT_FIELDS = [
  'x-a: 1',
  'x-a:',
  'x-empty: \t ',
  'X-Ascii: \x80\xff',
  'x-tab:\t1\t',
  'connection: keep-alive',
  'connection: x-a',
  'Connection: x-a, Close',
  'connection: ',
  'upgrade: websocket',
  'te: trailers',
  `x-long: ${'a'.repeat(3_000)}`,
  'x-forged: GET / HTTP/1.1',
  'cookie: a=b; c="d"',
] as const;
const WRONG_FIELDS = [
  'host: shop',
  'Host:shop:80',
  'host: ',
  'host: a b',
  'host: [::1]',
  'host: shop:',
  'host: a,b',
  'x bad: 1',
  'x-ctl: a\x01b',
  'x-nul: a\0',
  ' folded: 1',
  '\tfolded',
  ': none',
  'novalue',
  'content-length: 0',
  'content-length: 5',
  'Content-Length: 05',
  'content-length: +5',
  'content-length: 5, 5',
  'content-length: -1',
  'content-length: 0x5',
  'content-length: 9007199254740993',
  'content-length: 99999999999999999',
  'content-length : 5',
  'transfer-encoding: chunked',
  'Transfer-Encoding: Chunked',
  'transfer-encoding: gzip, chunked',
  'transfer-encoding: chunked, chunked',
  'transfer-encoding: identity',
  'transfer-encoding: xchunked',
  'transfer-encoding:\x0bchunked',
  'transfer-encoding : chunked',
  'expect: 200-ok',
] as const;
const CHUNK_LINES = [
  '5', '5', '005', '5;a', '5;a=b', '5; a=b', '5;a="b;\\"c"', '5 ', '5;', '5;a=', '5\t', '0x5', '-5', 'g', '', '5;a="b', '10000000000000',
  'fffffffffffff', '5;a =b', '5;\x01', 'A',
] as const; // prettier-ignore
const TRAILERS = [
  '',
  '',
  '',
  'x-t: 1\r\n',
  'x-t:\r\n',
  'x t: 1\r\n',
  ' x: 1\r\n',
  'content-length: 5\r\n',
  'x-t: a\x00\r\n',
] as const;
const BYTES = ['\r', '\n', '\0', ' ', '\t', ':', '\x7f', '\xff', 'a', '0', ';', ',', '"'] as const;

/** Draws from the grammar; the same random source gives the same stream. */
export class RequestGrammar {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** One to four requests on one connection, latin1. */
  stream(): string {
    let text = '';
    const count = 1 + this.below(4);
    for (let i = 0; i < count; i++) text += this.#request();
    return this.oneIn(3) ? this.#bend(text) : text;
  }

  /** Cuts at random places: what the network may do. */
  cut(text: string): readonly string[] {
    const most = this.oneIn(4) ? 3 : 200;
    const parts: string[] = [];
    for (let at = 0; at < text.length;) {
      const size = 1 + this.below(most);
      parts.push(text.slice(at, at + size));
      at += size;
    }
    return parts;
  }

  below(limit: number): number {
    return Math.floor((this.#random.ppm() * limit) / 1_000_000);
  }

  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  #pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0];
  }

  #request(): string {
    const wild = this.oneIn(8);
    const method = wild ? this.#pick(METHODS) : this.#pick(['GET', 'POST', 'PUT']);
    const target = wild || this.oneIn(10) ? this.#pick(TARGETS) : '/a?b=c';
    const version = wild && this.oneIn(3) ? this.#pick(VERSIONS) : 'HTTP/1.1';
    const fields = this.oneIn(30) ? [] : ['host: shop'];
    const extra = this.below(3);
    for (let i = 0; i < extra; i++) fields.push(this.oneIn(8) ? this.#pick(WRONG_FIELDS) : this.#pick(RIGHT_FIELDS));
    const [framing, body] = this.#body();
    if (framing !== '') fields.push(framing);
    const empty = this.oneIn(10) ? '\r\n'.repeat(this.below(4)) : '';
    return `${empty}${method} ${target} ${version}\r\n${fields.map((f) => `${f}\r\n`).join('')}\r\n${body}`;
  }

  #body(): [string, string] {
    switch (this.below(4)) {
      case 0:
        return ['', ''];
      case 1: {
        const length = this.below(20);
        return [`content-length: ${length}`, 'b'.repeat(this.oneIn(20) ? this.below(30) : length)];
      }
      default:
        return ['transfer-encoding: chunked', this.#chunks()];
    }
  }

  #chunks(): string {
    let out = '';
    const count = this.below(4);
    for (let i = 0; i < count; i++) {
      const size = this.oneIn(12) ? this.#pick(CHUNK_LINES) : '5';
      out += `${size}\r\n${'c'.repeat(this.oneIn(40) ? this.below(12) : 5)}${this.oneIn(50) ? this.#pick(BYTES) : ''}\r\n`;
    }
    return this.oneIn(30) ? out : `${out}0${this.oneIn(8) ? ';e=f' : ''}\r\n${this.#pick(TRAILERS)}\r\n`;
  }

  /** A few bytes inserted, removed, replaced or doubled, anywhere. */
  #bend(text: string): string {
    let out = text;
    const count = 1 + this.below(3);
    for (let i = 0; i < count; i++) {
      const at = this.below(out.length + 1);
      const span = this.below(this.oneIn(4) ? 20 : 2);
      switch (this.below(4)) {
        case 0:
          out = out.slice(0, at) + this.#pick(BYTES) + out.slice(at);
          break;
        case 1:
          out = out.slice(0, at) + out.slice(at + span);
          break;
        case 2:
          out = out.slice(0, at) + this.#pick(BYTES) + out.slice(at + 1);
          break;
        default:
          out = out.slice(0, at) + out.slice(Math.max(0, at - span), at) + out.slice(at);
      }
    }
    return out;
  }
}
