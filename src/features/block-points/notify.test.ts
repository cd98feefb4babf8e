import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { BlockCause, type Event, EventSchema } from '../../engine/gen/sluice_pb.js';
import type { DataNode } from '../../yang/data/node.ts';
import type { Notification } from '../notification.ts';
import { schema } from '../testing/schema.ts';
import { BlockPointNotifier } from './notify.ts';

const AT = 1_795_000_000_123_456_789n;
const SECOND = new Date(1_795_000_000_000).toISOString().slice(0, 19);

function event(blocked: boolean, vid = 10): Event {
  const value = {
    name: `p/${vid}`,
    port: 'p',
    vid,
    blocked,
    cause: 1,
    effectiveAtNs: AT,
    methods: [
      { method: 'mac-move', frames: 7, firstSentNs: AT + 1n },
      { method: 'mvrp', frames: 0, firstSentNs: 0n },
    ],
  };
  return create(EventSchema, { atNs: AT, what: { case: 'blockPoint', value } });
}

function plain(nodes: readonly DataNode[]): unknown[] {
  return nodes.map(({ schema: { name }, value, children }) => [name, value ?? plain(children ?? [])]);
}

test('BlockPointNotifier publishes what the engine did, before onEvent returns', () => {
  const published: Notification[] = [];
  const notifier = new BlockPointNotifier(schema, (notification) => published.push(notification));
  notifier.onEvent(event(true));
  assert.equal(published[0]?.node.path, '/sluice-block-points:block-point-change');
  assert.deepEqual(plain(published[0]?.children ?? []), [
    ['port', 'p'],
    ['vlan-id', '10'],
    ['old-state', 'forwarding'],
    ['new-state', 'blocked'],
    ['cause', 'configuration'],
    [
      'changed-at',
      '2026-11-18T09:46:40.123456789+00:00'.replace(
        '2026-11-18T09:46:40',
        new Date(1_795_000_000_000).toISOString().slice(0, 19),
      ),
    ],
    [
      'method',
      [
        ['name', 'mac-move'],
        ['frames', '7'],
        ['first-sent-at', `${SECOND}.123456790+00:00`],
      ],
    ],
    [
      'method',
      [
        ['name', 'mvrp'],
        ['frames', '0'],
      ],
    ],
  ]);
  notifier.onEvent(event(false, 0));
  assert.deepEqual(plain(published[1]?.children ?? []).slice(1, 4), [
    ['vlan-id', 'untagged'],
    ['old-state', 'blocked'],
    ['new-state', 'forwarding'],
  ]);
});

test('BlockPointNotifier is silent where a restarted engine sets again what was set', () => {
  const published: Notification[] = [];
  const notifier = new BlockPointNotifier(schema, (notification) => published.push(notification));
  for (const blocked of [true, true, false, true]) notifier.onEvent(event(blocked));
  assert.equal(published.length, 3);
});

test('BlockPointNotifier says nothing of elections when an engine is replayed that has their segment, else that they ended', () => {
  const published: Notification[] = [];
  const notifier = new BlockPointNotifier(schema, (notification) => published.push(notification));
  const blocked = event(true);
  if (blocked.what.case === 'blockPoint') blocked.what.value.cause = BlockCause.ELECTION;
  notifier.onEvent(blocked);
  const operation = { case: 'setEthernetSegment', value: { name: 's', port: 'p' } };
  notifier.onReplay([{ target: 'engine', path: '/', summary: '', operation }]);
  assert.equal(published.length, 1);
  notifier.onReplay([]);
  assert.equal(published.length, 2);
});
