import { expect, it } from 'vitest';
import { refusalOf } from './address-guard.ts';

it.each([
  ...['169.254.169.254', '::ffff:169.254.169.254', '::a9fe:a9fe', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1', 'fe80::1'],
  ...['224.0.0.1', '255.255.255.255', 'ff02::1', 'fd00:ec2::254'],
])('never lets anybody call %s, whatever the document says', (address) => {
  expect(refusalOf(address, true)).toMatch(/never asked/);
  expect(refusalOf(address, false)).toMatch(/never asked/);
});

it.each([
  ...['127.0.0.1', '0.0.0.0', '10.1.2.3', '172.31.255.255', '192.168.0.1', '100.64.0.1', '198.18.0.1', '192.0.0.8'],
  ...[
    '::1',
    '::',
    '::ffff:10.0.0.1',
    '::7f00:1',
    '64:ff9b::a00:1',
    '2002:c0a8:1::',
    '64:ff9b:1::1',
    'fd12::1',
    'fec0::1',
  ],
])('lets %s be called only where the document allows it', (address) => {
  expect(refusalOf(address, false)).toMatch(/allowPrivate/);
  expect(refusalOf(address, true)).toBeUndefined();
});

it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '64:ff9b::808:808', '2002:808:808::1'])(
  'lets %s be called',
  (address) => {
    expect(refusalOf(address, false)).toBeUndefined();
  },
);
