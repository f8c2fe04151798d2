import { describe, expect, it } from 'vitest';
import { Options } from '../command.ts';
import { UsageError } from '../failure.ts';
import { proxyOptions } from './proxy.ts';

describe('the options of a proxy', () => {
  it('name a proxy from files', () => {
    expect(proxyOptions(new Options({ file: ['a.yaml'], admin: '127.0.0.1:1' }))).toEqual({
      files: ['a.yaml'],
      admin: '127.0.0.1:1',
    });
  });

  it('name a gateway after what it opens', () => {
    expect(proxyOptions(new Options({ control: 'http://c', gateway: ['edge', 'admin'] })).node).toEqual({
      id: 'edge-admin',
      role: 'gateway',
      gateways: ['edge', 'admin'],
    });
  });

  it('name a sidecar after its version', () => {
    const given = { control: 'http://c', service: 'reviews', version: 'v1', outbound: '127.0.0.1:2', data: 'd' };
    expect(proxyOptions(new Options(given))).toEqual({
      control: 'http://c',
      dataDir: 'd',
      outbound: '127.0.0.1:2',
      node: { id: 'reviews-v1-sidecar', role: 'sidecar', gateways: [], service: 'reviews', version: 'v1' },
    });
  });

  it('say where it stands, when asked to', () => {
    const at = (locality: string): unknown => proxyOptions(new Options({ file: ['a.yaml'], locality })).locality;
    expect(at('eu/a')).toEqual({ region: 'eu', zone: 'a' });
    expect(at('eu')).toEqual({ region: 'eu', zone: undefined });
    for (const wrong of ['', '/a', 'eu/', 'eu/a/b']) expect(() => at(wrong)).toThrow(UsageError);
  });

  it('bound its room, when asked to', () => {
    const limits = (given: Record<string, string>): unknown =>
      proxyOptions(new Options({ file: ['a.yaml'], ...given })).limits;
    expect(limits({})).toBeUndefined();
    expect(limits({ maxConnections: '500' })).toEqual({ maxConnections: 500 });
    expect(limits({ maxMemory: '1.5GB' })).toEqual({ maxMemoryBytes: 1_500_000_000 });
    for (const maxMemory of ['', '300', '300 MB', '10MB', '-1GB'])
      expect(() => limits({ maxMemory })).toThrow(UsageError);
    for (const maxConnections of ['', '0', '1.5', 'x']) expect(() => limits({ maxConnections })).toThrow(UsageError);
  });

  it.each([
    [{}],
    [{ file: ['a.yaml'], control: 'http://c' }],
    [{ control: 'http://c' }],
    [{ control: 'http://c', gateway: ['edge'], service: 'reviews' }],
    [{ control: 'http://c', service: 'reviews' }],
  ])('are refused when they name none or several: %o', (given) => {
    expect(() => proxyOptions(new Options(given))).toThrow(UsageError);
  });
});
