import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { moduleFolders, servedModules } from '../../../features/modules.ts';
import { findAll, findValue } from '../../../yang/data/find.ts';
import { loadSchema } from '../../../yang/schema/load.ts';
import { type NetconfClient, RpcError } from '../client.ts';
import type { NotificationEvent } from '../notification/event.ts';
import { routerSchema, type TestServer, testServer } from '../testing/server.ts';
import { tellChanges } from './known-library.ts';
import { contentId } from './yang-library.ts';

let router: TestServer;
let client: NetconfClient;

before(async () => {
  router = await testServer();
  client = await router.connect();
});
after(async () => {
  await client.close();
  await router.close();
});

const MONITORING = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"';
const LIBRARY = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-library"';
const get = async (filter: string): Promise<string> =>
  (await client.rpc(`<get><filter>${filter}</filter></get>`)).replaceAll(/ xmlns(?::\w+)?="[^"]*"/g, '');
const all = (xml: string, pattern: RegExp): string[] => [...xml.matchAll(pattern)].map(([, text]) => text ?? '');
const unescaped = (xml: string): string =>
  xml.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#13;', '\r').replaceAll('&amp;', '&');

describe('get-schema (RFC 6022 section 3.1)', () => {
  it('hands out every schema that netconf-state lists, submodules and imports included', async () => {
    const modules = [...new Set(routerSchema().modules.values())];
    const sources = new Map(
      modules.flatMap((module) =>
        [module, ...module.submodules].map((one) => [`${one.name} ${one.revision}`, one.source]),
      ),
    );
    const xml = await get(`<netconf-state ${MONITORING}><schemas/></netconf-state>`);
    const listed = all(xml, /<schema>([\s\S]*?)<\/schema>/g);
    assert.equal(listed.length, sources.size);
    for (const schema of listed) {
      const [identifier = ''] = all(schema, /<identifier>([^<]*)/g);
      const [version = ''] = all(schema, /<version>([^<]*)/g);
      assert.match(schema, /<format>(\w+:)?yang<\/format><namespace>[^<]+<\/namespace><location>NETCONF<\/location>$/);
      const reply = await client.rpc(
        `<get-schema ${MONITORING}><identifier>${identifier}</identifier><version>${version}</version></get-schema>`,
      );
      const [text = ''] = all(reply, /<data [^>]*>([\s\S]*)<\/data>/g);
      assert.equal(unescaped(text), sources.get(`${identifier} ${version}`), identifier);
    }
  });

  it('says what is wrong', async () => {
    const tagOf = async (content: string): Promise<string> => {
      const error = await client
        .rpc(`<get-schema ${MONITORING}>${content}</get-schema>`)
        .catch((thrown: unknown) => thrown);
      if (!(error instanceof RpcError)) return 'ok';
      return [error.tag, ...all(error.reply, /<error-app-tag>([^<]*)/g)].join(' ');
    };
    assert.equal(await tagOf('<identifier>none</identifier>'), 'invalid-value');
    assert.equal(await tagOf('<identifier>ietf-netconf</identifier><version>1999-01-01</version>'), 'invalid-value');
    assert.equal(await tagOf('<identifier>ietf-netconf</identifier><format>yin</format>'), 'invalid-value');
    assert.equal(await tagOf('<identifier>ietf-netconf</identifier><format>none</format>'), 'invalid-value');
    assert.equal(await tagOf(''), 'missing-element');
    const names = [...new Set(routerSchema().modules.values())].map(({ name }) => name);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) {
      assert.equal(await tagOf(`<identifier>${twice}</identifier>`), 'operation-failed data-not-unique');
    }
  });
});

describe('yang-library (RFC 8525)', () => {
  it('lists every module, with what belongs to it, and all datastores', async () => {
    const xml = await get(`<yang-library ${LIBRARY}/>`);
    const modules = [...new Set(routerSchema().modules.values())];
    const names = (implemented: boolean): string[] =>
      modules.filter((module) => module.implemented === implemented).map(({ name, revision }) => `${name} ${revision}`);
    const entries = (element: string): string[] =>
      all(xml, new RegExp(`<${element}>([\\s\\S]*?)</${element}>`, 'g')).map(
        (entry) => `${all(entry, /<name>([^<]*)/g)[0]} ${all(entry, /<revision>([^<]*)/g)[0] ?? ''}`,
      );
    assert.deepEqual(entries('module').sort(), names(true).sort());
    assert.deepEqual(entries('import-only-module').sort(), names(false).sort());
    assert.deepEqual(all(xml, /<datastore><name>(?:\w+:)?([^<]*)/g).sort(), [
      'candidate',
      'intended',
      'operational',
      'running',
      'startup',
    ]);
    const features = modules.flatMap((module) => (module.implemented ? [...module.features] : []));
    assert.deepEqual(all(xml, /<feature>([^<]*)/g).sort(), features.sort());
    assert.deepEqual(all(xml, /<deviation>([^<]*)/g).length, modules.flatMap(({ deviatedBy }) => deviatedBy).length);
    const id = contentId(routerSchema());
    assert.deepEqual(all(xml, /<content-id>([^<]*)/g), [id]);
    assert.ok(
      client.capabilities.includes(
        `urn:ietf:params:netconf:capability:yang-library:1.1?revision=2019-01-04&content-id=${id}`,
      ),
    );
  });

  it('has a content-id that follows its content', () => {
    const again = loadSchema({ paths: moduleFolders, modules: [...servedModules].reverse() });
    assert.equal(contentId(again), contentId(routerSchema()));
    const without = servedModules.filter(({ name }) => name !== 'ietf-netconf-nmda');
    assert.notEqual(contentId(loadSchema({ paths: moduleFolders, modules: without })), contentId(routerSchema()));
    const fewer = servedModules.map((one) =>
      one.name === 'ietf-netconf-nmda' ? { ...one, features: ['origin'] } : one,
    );
    assert.notEqual(contentId(loadSchema({ paths: moduleFolders, modules: fewer })), contentId(routerSchema()));
  });
});

describe('what changed since the last start', () => {
  const told = (file: string, capabilities: readonly string[]): NotificationEvent[] => {
    const events: NotificationEvent[] = [];
    tellChanges(routerSchema(), capabilities, file, (event) => events.push(event));
    return events;
  };

  it('is notified once, and nothing at the first start', () => {
    const file = join(router.folder, 'library.json');
    assert.deepEqual(told(file, ['urn:a:1.0?x=1', 'urn:b:1.0']), []);
    assert.deepEqual(told(file, ['urn:a:1.0?x=1', 'urn:b:1.0']), []);
    const [change, ...more] = told(file, ['urn:a:1.0?x=2', 'urn:c:1.0']);
    assert.deepEqual(more, []);
    assert.equal(change?.node.name, 'netconf-capability-change');
    const of = (name: string): (string | undefined)[] => findAll(change?.children, name).map(({ value }) => value);
    assert.deepEqual(
      [of('added-capability'), of('deleted-capability'), of('modified-capability')],
      [['urn:c:1.0'], ['urn:b:1.0'], ['urn:a:1.0?x=2']],
    );
    assert.equal(findValue(change?.children, 'changed-by', 'server'), '');
    assert.deepEqual(told(file, ['urn:a:1.0?x=2', 'urn:c:1.0']), []);
  });

  it('names the new library', () => {
    const file = join(router.folder, 'other.json');
    writeFileSync(file, JSON.stringify({ contentId: 'another', capabilities: [] }));
    const events = told(file, []);
    assert.deepEqual(
      events.map(({ node }) => node.name),
      ['yang-library-update', 'yang-library-change'],
    );
    assert.equal(findValue(events[0]?.children, 'content-id'), contentId(routerSchema()));
    writeFileSync(file, 'no JSON');
    assert.deepEqual(told(file, []), []);
  });
});
