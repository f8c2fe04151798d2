import { expect, it } from 'vitest';
import { has } from './programs.ts';
import { settingOf } from './setting.ts';

it('a setting that is empty counts as none', () => {
  expect(settingOf('PEER', 'envoy', {})).toBe('envoy');
  expect(settingOf('PEER', 'envoy', { PEER: '' })).toBe('envoy');
  expect(settingOf('PEER', 'envoy', { PEER: '/opt/envoy' })).toBe('/opt/envoy');
});

it('a folder is no program', () => {
  expect(has('')).toBe(false);
  expect(has(import.meta.dirname)).toBe(false);
  expect(has(process.execPath)).toBe(true);
});
