/** What the writers print is what yanglint (libyang) prints for the same instance. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { exampleXml, modulePaths, readXml } from '../data/example/example.ts';
import type { DataNode } from '../data/node.ts';
import { loadSchema } from '../schema/load.ts';
import type { Schema } from '../schema/node.ts';
import { readJson } from './json-reader.ts';
import { dataToJson } from './json-writer.ts';
import { dataToXml } from './write-data.ts';

/** Instances of standard modules and our own, with what libyang has to load. */
const instances: readonly {
  readonly modules: readonly string[];
  readonly features?: readonly string[];
  readonly xml: string;
}[] = [
  { modules: ['example', 'example-kinds'], xml: exampleXml },
  {
    modules: ['ietf-interfaces', 'iana-if-type'],
    xml:
      '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>a&lt;&amp;"\'b</name>' +
      '<type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:ethernetCsmacd</type><description>two\nlines </description></interface>' +
      '<interface><name>x</name><enabled>false</enabled><type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:l2vlan</type></interface></interfaces>',
  },
  {
    modules: ['ietf-netconf-acm'],
    xml:
      '<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><enable-nacm>false</enable-nacm><groups><group><name>admin</name>' +
      '<user-name>a</user-name><user-name>b</user-name></group></groups><rule-list><name>one</name><group>*</group><rule><name>r</name>' +
      '<access-operations>read  exec</access-operations><action>permit</action></rule></rule-list></nacm>',
  },
];

function run(folder: string, schema: Schema, modules: readonly string[], xml: string, format: 'json' | 'xml'): string {
  const file = join(folder, 'instance.xml');
  writeFileSync(file, xml);
  const files = modules.map((name) => {
    const module = schema.modules.get(name);
    const path = join(folder, `${name}.yang`);
    writeFileSync(path, module?.source ?? '');
    return path;
  });
  const paths = modulePaths.flatMap((path) => ['-p', path]);
  return execFileSync('yanglint', ['-t', 'config', '-f', format, ...paths, ...files, file], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

for (const { modules, xml } of instances) {
  const names = modules.join(', ');
  const schema = loadSchema({ paths: modulePaths, modules: modules.map((name) => ({ name, features: 'all' })) });
  const nodes = readXml(schema, xml, { mode: 'data' });

  test(`dataToJson agrees with yanglint: ${names}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-codec-'));
    try {
      const theirs = run(folder, schema, modules, xml, 'json');
      assert.deepEqual(JSON.parse(dataToJson(schema, nodes)), JSON.parse(theirs));
      assert.deepEqual(plain(readJson(schema, schema, theirs, { mode: 'data' })), plain(nodes));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test(`dataToXml agrees with yanglint: ${names}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-codec-'));
    try {
      const theirs = run(folder, schema, modules, dataToXml(schema, nodes), 'xml');
      assert.deepEqual(plain(readXml(schema, theirs, { mode: 'data' })), plain(nodes));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

/** In schema order, and anydata without the white space that libyang indents it with. */
function plain(nodes: readonly DataNode[]): unknown {
  return nodes
    .toSorted((a, b) => a.schema.index - b.schema.index)
    .map(({ schema, value, xml, children }) => [schema.path, value, xml?.trim(), plain(children ?? [])]);
}
