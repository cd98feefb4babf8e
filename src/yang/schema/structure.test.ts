import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeData } from '../codec/write-data.ts';
import { XmlWriter } from '../codec/xml-writer.ts';
import { build } from '../data/build.ts';
import { readXml } from '../data/example/example.ts';
import { operationFaults } from '../data/validate.ts';
import { ModuleError } from '../statement/error.ts';
import { inlineSchema } from './inline.ts';
import type { OperationNode, Schema } from './node.ts';

const STRUCTURES = `module s {
  yang-version 1.1; namespace urn:s; prefix s;
  import ietf-yang-structure-ext { prefix sx; }
  grouping hints { leaf period { type uint16 { range "1..100"; } } }
  container report { leaf other { type string; } }
  sx:structure report {
    must "count(entry) < 3";
    leaf reason { type identityref { base cause; } mandatory true; }
    list entry { key name; leaf name { type string; } leaf peer { type leafref { path "../../entry/name"; } } }
    uses hints;
  }
  identity cause;
  identity fire { base cause; }
}`;
const AUGMENTING = `module t {
  yang-version 1.1; namespace urn:t; prefix t;
  import ietf-yang-structure-ext { prefix sx; }
  import s { prefix s; }
  sx:augment-structure "/s:report/s:entry" { leaf more { type empty; } }
}`;

const structureOf = (schema: Schema, name: string) => schema.structures.get(name) as OperationNode;

test('structures are compiled with groupings and augments, beside the data of the same name', () => {
  const schema = inlineSchema([STRUCTURES, AUGMENTING]);
  const report = structureOf(schema, 's:report');
  assert.equal(report.kind, 'structure');
  assert.deepEqual([...report.dataChildren.keys()], ['s:reason', 's:entry', 's:period']);
  assert.equal(schema.find('/s:report/other')?.name, 'other');
  assert.equal(schema.find('/s:report/reason'), undefined);
  assert.deepEqual([...schema.dataChildren.keys()], ['s:report']);
  const faults = (xml: string) =>
    operationFaults(schema, report, readXml(schema, xml, { mode: 'data' }, report)).map(
      ({ tag, path }) => `${tag} ${path}`,
    );
  const fine = '<s:reason xmlns:s="urn:s">s:fire</s:reason>'
    .replace('<s:reason xmlns:s="urn:s">', '<reason xmlns="urn:s" xmlns:s="urn:s">')
    .replace('</s:reason>', '</reason>');
  const entry = (name: string, more = '') => `<entry xmlns="urn:s"><name>${name}</name>${more}</entry>`;
  assert.deepEqual(faults(fine + entry('a', '<peer>a</peer><more xmlns="urn:t"/>')), []);
  assert.deepEqual(faults(entry('a')), ['missing-element /s:report']);
  assert.deepEqual(faults(fine + entry('a', '<peer>b</peer>')), ["data-missing /s:report/entry[name='a']/peer"]);
  assert.deepEqual(faults(fine + entry('a') + entry('b') + entry('c')), ['operation-failed /s:report']);
});

test('structures are written as data are', () => {
  const schema = inlineSchema([STRUCTURES]);
  const writer = new XmlWriter(schema);
  writer.open('report', 'urn:s');
  writeData(writer, build(structureOf(schema, 's:report'), { reason: 's:fire', entry: [{ name: 'a' }], period: 7 }));
  writer.close();
  assert.match(
    writer.take(),
    /^<report xmlns="urn:s"><reason[^>]*>s:fire<\/reason><entry><name>a<\/name><\/entry><period>7<\/period><\/report>$/,
  );
});

test('structures are checked as the rest of a module', () => {
  const refusal = (body: string) => {
    try {
      inlineSchema([
        `module s { yang-version 1.1; namespace urn:s; prefix s; import ietf-yang-structure-ext { prefix sx; } ${body} }`,
      ]);
      return '';
    } catch (error) {
      if (error instanceof ModuleError) return error.message;
      throw error;
    }
  };
  assert.match(refusal('sx:structure r { leaf a; }'), /has no "type"/);
  assert.match(refusal('sx:structure r { nonsense a; }'), /not a YANG statement/);
  assert.match(refusal('sx:structure r { leaf a { type nope; } }'), /no type "nope"/);
  assert.match(refusal('sx:structure r; sx:structure r;'), /second structure/);
  assert.match(refusal('sx:augment-structure "/s:nope" { leaf a { type string; } }'), /no structure/);
  assert.equal(refusal('sx:structure r { leaf a { type string; } }'), '');
});
