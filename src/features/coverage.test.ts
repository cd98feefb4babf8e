import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { arrange, objectOf } from '../engine/operation.ts';
import { coverageTable, effects } from './coverage.ts';
import { forwardingFeatures } from './forwarding.ts';
import { planReplay } from './replay.ts';
import { keys, type Rows, schema, viewOf } from './testing/schema.ts';

const features = forwardingFeatures(keys, { query: async () => undefined }, { of: async () => [] });
const indexes = features.flatMap((feature) => feature.indexes ?? []);
const root = new URL('../../', import.meta.url);

const INTERFACE = '/ietf-interfaces:interfaces/interface';
const DOMAIN = "/sluice-bridge-domains:bridge-domains/bridge-domain[name='x']";
/** A port with a device, one without, a sub-interface in a bridge domain. */
const base: Rows = {
  [`${INTERFACE}[name='p']`]: { type: 'iana-if-type:ethernetCsmacd', 'sluice-interfaces:port/af-packet': 'veth0' },
  [`${INTERFACE}[name='q']`]: { type: 'iana-if-type:ethernetCsmacd' },
  [`${INTERFACE}[name='p.10']`]: {
    type: 'iana-if-type:l2vlan',
    'sluice-interfaces:parent-interface': 'p',
    'sluice-interfaces:encapsulation/outer-vlan-id': '10',
  },
  [DOMAIN]: {},
  [`${DOMAIN}/member[interface='p.10']`]: {},
};

function objects(set: Rows = {}): Map<string, Record<string, unknown>> {
  const rows: Record<string, Record<string, string>> = {};
  for (const [path, columns] of [...Object.entries(base), ...Object.entries(set)]) {
    rows[path] = { ...rows[path], ...columns };
  }
  const planned = arrange(planReplay(keys, features, viewOf(rows, indexes)));
  return new Map(
    planned.map(({ operation }) => [objectOf(operation), operation.value as unknown as Record<string, unknown>]),
  );
}

/** `a.b` of an object. */
function at(object: Record<string, unknown>, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], object);
}

test('every configurable leaf of the modules that the router acts on has an effect', () => {
  const acted =
    /^\/(ietf-interfaces|ietf-access-control-list|ietf-network-instance|ietf-routing|ietf-system|ietf-netconf-acm|ietf-keystore|ietf-truststore|ietf-netconf-server|ietf-snmp|sluice-[^:]+):/;
  const configurable = schema.nodes.filter(
    (node) => (node.kind === 'leaf' || node.kind === 'leaf-list') && node.config && acted.test(node.path),
  );
  const listed = effects.map(({ leaf }) => leaf);
  const served = configurable
    .map(({ path }) => path)
    .filter(
      (path) =>
        !/\/(input|output)\//.test(path) &&
        !/:(block-point-change|ethernet-segment-change|fault-alarm|install-progress|machine-ends)\//.test(path),
    );
  assert.deepEqual(
    served.filter((path) => !listed.includes(path)),
    [],
    'leaves without an entry in a coverage.ts',
  );
  assert.deepEqual(
    listed.filter((path) => !served.includes(path)),
    [],
    'entries without a leaf',
  );
  assert.equal(new Set(listed).size, listed.length);
});

for (const { leaf, set, object, gives } of effects) {
  if (object === undefined) continue;
  test(`${leaf} has its effect on what the engine is told`, () => {
    const told = objects(set).get(object);
    assert.ok(told, `${object} is not sent`);
    for (const [path, value] of Object.entries(gives ?? {})) assert.deepEqual(at(told, path), value, path);
  });
}

test('what is said to show a leaf is there', () => {
  for (const { leaf, object, shownBy } of effects) {
    assert.ok(object !== undefined || shownBy !== undefined, `nothing shows ${leaf}`);
    for (const [file, name] of shownBy ?? []) {
      assert.ok(readFileSync(new URL(file, root), 'utf8').includes(name), `${file} has no test "${name}"`);
    }
  }
});

test('coverageTable has a line for every leaf', () => {
  const table = coverageTable();
  for (const { leaf } of effects) assert.ok(table.includes(`\`${leaf.replace(/^\/[^:]+:/, '')}\``), leaf);
});
