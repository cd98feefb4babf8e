import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { EventSchema } from '../../engine/gen/sluice_pb.js';
import { accessListLine } from './log.ts';

const line = (head: string): string | undefined =>
  accessListLine(
    create(EventSchema, {
      what: {
        case: 'accessList',
        value: { accessList: 'l', rule: 'e', interface: 'p', head: Buffer.from(head, 'hex') },
      },
    }),
  );

test('accessListLine says what the packet was, as far as its head goes', () => {
  const udp = '4500003012340000401100000a0001020a00020203e807d0';
  assert.equal(
    line(udp),
    'access list l: entry e on interface p: 10.0.1.2 port 1000 to 10.0.2.2 port 2000, protocol 17',
  );
  assert.equal(line(udp.slice(0, 40)), 'access list l: entry e on interface p: 10.0.1.2 to 10.0.2.2, protocol 17');
  assert.equal(line('45'), 'access list l: entry e on interface p: no IP header');
  const icmp6 = `6000000000083a40${'20010db8000000000000000000000001'}${'20010db8000000000000000000000002'}8000`;
  assert.equal(line(icmp6), 'access list l: entry e on interface p: 2001:db8::1 to 2001:db8::2, protocol 58');
  assert.equal(accessListLine(create(EventSchema, { what: { case: 'lost', value: 1n } })), undefined);
});
