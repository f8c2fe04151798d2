/** Which addresses a provider may have. Checked at the moment of connecting, so that a name cannot change in between. */
import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { BlockList, isIPv6 } from 'node:net';
import type { LookupFunction } from 'node:net';

/** Never: link-local (where clouds keep credentials), multicast, reserved. */
const NEVER = listOf([
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::', 32],
]);

/** Only where the document says `allowPrivate`. */
const PRIVATE = listOf([
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['::', 127],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fec0::', 10],
]);

function listOf(subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets) {
    if (isIPv6(net)) list.addSubnet(net, prefix, 'ipv6');
    else addIPv4(list, net, prefix);
  }
  return list;
}

/** Also as it is written in IPv6: compatible, behind NAT64 and in 6to4. The mapped form is known to BlockList. */
function addIPv4(list: BlockList, net: string, prefix: number): void {
  list.addSubnet(net, prefix, 'ipv4');
  const hex = net.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  const groups = `${hex.slice(0, 2).join('')}:${hex.slice(2).join('')}`;
  list.addSubnet(`::${groups}`, 96 + prefix, 'ipv6');
  list.addSubnet(`64:ff9b::${groups}`, 96 + prefix, 'ipv6');
  list.addSubnet(`2002:${groups}::`, 16 + prefix, 'ipv6');
}

/** @param address - an IP address @returns why it is not asked, or undefined */
export function refusalOf(address: string, allowPrivate: boolean): string | undefined {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  if (NEVER.check(address, family)) return `${address} is a link-local or reserved address and is never asked`;
  if (allowPrivate || !PRIVATE.check(address, family)) return undefined;
  return `${address} is a private address; say allowPrivate: true to ask it`;
}

/** A look-up that fails when any address of the name is refused. */
export function guardedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const refusal = error
        ? undefined
        : addresses.map((a) => refusalOf(a.address, allowPrivate)).find((r) => r !== undefined);
      const failure = error ?? (refusal === undefined ? null : new Error(refusal));
      const first = addresses?.[0];
      if (failure || !first) callback(failure ?? new Error(`${hostname} has no address`), '', 4);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
