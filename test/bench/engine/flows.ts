/** Flows: different UDP 5-tuples, in shuffled order, one packet each. */
import { hostMac, routerMac } from './ip.ts';
import { udpFrame } from './packets.ts';
import { Xorshift } from './random.ts';

export interface Flow {
  readonly sourceAddress: number;
  readonly destinationAddress: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

const portsPerHost = 63;

/** The n-th flow: 63 source ports a host of 10.0.0.0/9, to one of 1,024 servers in 20.0.0.0/8. */
export function flowOf(n: number): Flow {
  const host = Math.floor(n / portsPerHost);
  return {
    sourceAddress: 0x0a000001 + host,
    destinationAddress: (0x14000000 + (Math.imul(host, 0x9e3779b1) >>> 22) * 0x100 + 1) >>> 0,
    sourcePort: 1_024 + (n % portsPerHost),
    destinationPort: 53,
  };
}

/**
 * `flows` flows as above, and of every `of` packets `attack` with ports at random, of a host of each flow: new to any
 * cache. So many of them that they are forgotten before they come again.
 */
export function* attackedPackets(flows: number, attack: number, of: number, vlan: number): Generator<Buffer> {
  const random = new Xorshift(0xa77_ac4n);
  for (let n = 0; n < 2 ** 20; n += 1) {
    const flow = flowOf(random.below(flows));
    yield udpFrame({
      sourceMac: hostMac,
      destinationMac: routerMac,
      vlan,
      ...flow,
      ...(n % of < attack ? { sourcePort: random.below(65_536), destinationPort: random.below(65_536) } : {}),
    });
  }
}

export function* flowPackets(count: number, vlan?: number): Generator<Buffer> {
  const order = new Xorshift(0x0f10_75n).shuffle(Uint32Array.from({ length: count }, (_, n) => n));
  for (const n of order) {
    yield udpFrame({
      sourceMac: hostMac,
      destinationMac: routerMac,
      ...flowOf(n),
      ...(vlan === undefined ? {} : { vlan }),
    });
  }
}
