import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { XmlReader } from '../../../yang/codec/xml-reader.ts';
import { FaultError } from '../../../yang/fault.ts';
import { loadSchema } from '../../../yang/schema/load.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import { BASE } from '../testing/raw.ts';
import { MessageReader, type Operation } from './message.ts';

const schema = ((): Schema => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-action-'));
  writeFileSync(
    join(folder, 'm.yang'),
    `module m { yang-version 1.1; namespace "urn:m"; prefix m;
      container c { list port { key "name slot"; leaf name { type string; } leaf slot { type uint8; }
        action reset { input { leaf delay { type uint8; mandatory true; } } output { leaf at { type string; } } } } } }`,
  );
  try {
    return loadSchema({ paths: [folder], modules: [{ name: 'm' }] });
  } finally {
    rmSync(folder, { recursive: true });
  }
})();

function read(content: string, admit: () => void = () => undefined): Operation {
  const reader = new MessageReader(schema, admit);
  const xml = new XmlReader(reader);
  xml.write(
    `<rpc xmlns="${BASE}" message-id="1"><action xmlns="urn:ietf:params:xml:ns:yang:1">${content}</action></rpc>`,
  );
  xml.end();
  return reader.finish();
}

const call = (keys: string, input: string): string =>
  `<c xmlns="urn:m"><port>${keys}<reset>${input}</reset></port></c>`;

function tagOf(content: string): string {
  try {
    read(content);
  } catch (error) {
    assert.ok(error instanceof FaultError);
    return `${error.faults[0]?.tag} ${error.faults[0]?.path ?? ''}`.trim();
  }
  return 'none';
}

describe('ActionReader', () => {
  it('gives the action, its input and the path of its node', () => {
    const operation = read(call('<slot>1</slot><name>a</name>', '<delay>7</delay>'));
    assert.equal(operation.rpc.path, '/m:c/port/reset');
    assert.equal(operation.target, "/m:c/port[name='a'][slot='1']");
    assert.deepEqual(
      operation.input.map(({ schema: { name }, value }) => [name, value]),
      [['delay', '7']],
    );
  });

  it('asks for admission with the path, before the input is read', () => {
    assert.throws(
      () =>
        read(call('<name>a</name><slot>1</slot>', '<nonsense/>'), () => {
          throw new FaultError({ type: 'application', tag: 'access-denied', message: 'no' });
        }),
      /no/,
    );
  });

  for (const [what, content, expected] of [
    ['a missing key', call('<name>a</name>', '<delay>7</delay>'), "missing-element /m:c/port[name='a']"],
    ['a bad key', call('<name>a</name><slot>x</slot>', '<delay>7</delay>'), "invalid-value /m:c/port[name='a']/slot"],
    ['an unknown step', '<d xmlns="urn:m"/>', 'unknown-element'],
    ['no action', '<c xmlns="urn:m"/>', 'missing-element'],
    [
      'bad input',
      call('<name>a</name><slot>1</slot>', '<delay>x</delay>'),
      "invalid-value /m:c/port[name='a'][slot='1']/reset/delay",
    ],
  ] as const) {
    it(`refuses ${what}`, () => assert.equal(tagOf(content), expected));
  }

  it('refuses input that lacks a mandatory leaf', () => {
    assert.match(tagOf(call('<name>a</name><slot>1</slot>', '')), /reset/);
  });
});
