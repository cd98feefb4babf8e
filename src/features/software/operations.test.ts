/** What leaves the machine waits for the ethernet segments; the order is what is looked at. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Slots } from '../../platform/slots/slots.ts';
import { build } from '../../yang/data/build.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { FaultError } from '../../yang/fault.ts';
import type { Drain } from '../ethernet-segments/runtime/drain.ts';
import { schema } from '../testing/schema.ts';
import { type SoftwareReply, softwareOperations } from './operations.ts';

const stayed: Drain['remaining'] = [{ segment: 'ce1', vlans: ['10-12', '20'], reason: 'not-taken' }];

/** A machine that notes what is done with it, in order. */
class Scripted {
  readonly done: string[] = [];
  isStartable = true;
  isEnvironmentWritable = true;
  readonly #operations: ReadonlyMap<string, (input: readonly DataNode[]) => Promise<SoftwareReply>>;
  #drained = Promise.withResolvers<Drain['remaining']>();

  constructor() {
    const { done } = this;
    const slots = {
      install: { state: 'idle' },
      checkOther: () => {
        if (!this.isStartable) throw new Error('slot b holds nothing');
      },
      tryOther: () => this.#note('trial'),
      returnToOther: () => this.#note('return'),
    } as unknown as Slots;
    const appliance = {
      slots,
      fetch: () => Promise.reject(new Error('nothing to be had')),
      restart: () => done.push('restart'),
      shutDown: () => done.push('shut down'),
      forgetEverything: () => done.push('forget'),
    };
    const parts = {
      schema,
      appliance,
      drain: async (limitMs: number) => {
        done.push(`drain ${limitMs}`);
        const remaining = await this.#drained.promise;
        done.push('drained');
        return { remaining, takeBack: () => done.push('undrain') };
      },
      publish: ({ node, children }: { node: { name: string }; children: readonly DataNode[] }) =>
        done.push(`${node.name} ${children.map(textOf).join(' ')}`),
      log: (line: string) => done.push(line),
    };
    this.#operations = new Map(softwareOperations(parts));
  }

  /** Other PEs took over all but these. */
  drained(remaining: Drain['remaining']): void {
    this.#drained.resolve(remaining);
  }

  call(path: string, input: Readonly<Record<string, string>> = {}): Promise<SoftwareReply> {
    const rpc = schema.rpcs.get(path);
    const operation = this.#operations.get(path);
    assert.ok(rpc !== undefined && operation !== undefined);
    return operation(build(rpc.input, input));
  }

  #note(what: string): void {
    if (!this.isEnvironmentWritable) throw new Error('no environment');
    this.done.push(what);
  }
}

function textOf({ schema: { name }, value, children }: DataNode): string {
  return value === undefined ? `${name}(${(children ?? []).map(textOf).join(' ')})` : `${name}=${value}`;
}

test('a trial drains, then notes itself, tells and answers, then restarts', async () => {
  const it = new Scripted();
  const called = it.call('sluice-software:try-slot');
  assert.deepEqual(it.done, ['try-slot: draining the ethernet segments, for 30 s at most', 'drain 30000']);
  it.drained([]);
  const { output = [], after } = await called;
  assert.equal(output.map(textOf).join(' '), 'drained=true');
  assert.deepEqual(it.done.slice(2), [
    'drained',
    'trial',
    'try-slot: the ethernet segments are drained',
    'machine-ends operation=try-slot drained=true',
  ]);
  after?.();
  assert.equal(it.done.at(-1), 'restart');
});

test('what nobody took over is in the reply, the notification and the log, and the machine goes all the same', async () => {
  const it = new Scripted();
  it.drained(stayed);
  const { output = [], after } = await it.call('sluice-software:rollback-slot', { 'drain-time-limit': '5' });
  const outcome = 'drained=false remaining(segment=ce1 vlan=10-12 vlan=20 reason=not-taken)';
  assert.equal(output.map(textOf).join(' '), outcome);
  assert.deepEqual(it.done.slice(1), [
    'drain 5000',
    'drained',
    'return',
    'rollback-slot: ethernet segment ce1 keeps VLANs 10-12, 20 (not-taken)',
    `machine-ends operation=rollback-slot ${outcome}`,
  ]);
  after?.();
  assert.equal(it.done.at(-1), 'restart');
});

test("the standard's rpcs drain too, with the time limit that they are given, and answer ok", async () => {
  for (const [path, last] of [
    ['ietf-system:system-restart', 'restart'],
    ['ietf-system:system-shutdown', 'shut down'],
    ['ietf-factory-default:factory-reset', 'restart'],
  ] as const) {
    const it = new Scripted();
    it.drained([]);
    const { output, after } = await it.call(path, { 'sluice-software:drain-time-limit': '0' });
    assert.equal(output, undefined);
    assert.equal(it.done[1], 'drain 0', path);
    assert.equal(it.done.includes('forget'), path.endsWith('factory-reset'));
    after?.();
    assert.equal(it.done.at(-1), last, path);
  }
});

test('what is refused drains nothing; what fails after the drain takes it back', async () => {
  const it = new Scripted();
  it.isStartable = false;
  await assert.rejects(it.call('sluice-software:try-slot'), /holds nothing/);
  assert.equal(it.done.length, 0);
  it.isStartable = true;
  it.isEnvironmentWritable = false;
  it.drained([]);
  await assert.rejects(it.call('sluice-software:try-slot'), /no environment/);
  assert.equal(it.done.at(-1), 'undrain');
  assert.equal(it.done.includes('restart'), false);
  it.isEnvironmentWritable = true;
  (await it.call('sluice-software:try-slot')).after?.();
  assert.equal(it.done.at(-1), 'restart');
});

test('while one waits another one is refused', async () => {
  const it = new Scripted();
  const first = it.call('ietf-system:system-restart');
  const second: unknown = await it.call('ietf-system:system-shutdown').catch((error) => error);
  assert.ok(second instanceof FaultError);
  assert.equal(second.faults[0]?.tag, 'in-use');
  it.drained([]);
  (await first).after?.();
  assert.equal(it.done.at(-1), 'restart');
  assert.equal(it.done.filter((line) => line === 'drained').length, 1);
});
