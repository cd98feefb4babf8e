/** Modules that change under a stored configuration: said in the log and to NETCONF, kept, and back with the old ones. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { NetconfClient } from '../../src/northbound/netconf/client.ts';
import { SluicedProcess } from './process.ts';

const module = (body: string): string => `module plant {
  yang-version 1.1; namespace "urn:test:plant"; prefix p;
  identity kind; identity tree { base kind; } identity bush { base kind; }
  container garden { ${body} }
}`;
const first = module(`
  list plant { key "name"; leaf name { type string; } leaf height { type uint16; }
    leaf kind { type identityref { base kind; } } leaf near { type leafref { path "../../plant/name"; } } }
  leaf gardener { type string; }`);
const second = module(`
  must "owner";
  list plant { key "name"; leaf name { type string; } leaf height { type uint16 { range "1..99"; } }
    leaf kind { type identityref { base kind; } } leaf near { type leafref { path "../../plant/name"; } must "false()"; } }
  leaf owner { type string; }`).replace('identity bush { base kind; }', '');
const content = `<garden xmlns="urn:test:plant"><plant><name>a</name><height>48129</height><kind>bush</kind></plant>
  <plant><name>b</name><height>5</height><near>a</near></plant><gardener>g</gardener></garden>`;

const edit = (config: string): string =>
  `<edit-config><target><running/></target><config>${config}</config></edit-config>`;

async function garden(client: NetconfClient): Promise<string> {
  const filter = '<filter><garden xmlns="urn:test:plant"/></filter>';
  const reply = await client.rpc(`<get-config><source><running/></source>${filter}</get-config>`);
  return /<garden.*<\/garden>/s.exec(reply)?.[0] ?? '';
}

async function report(client: NetconfClient): Promise<string> {
  const filter = '<filter><stored-configuration xmlns="urn:sluice:yang:sluice-datastore"/></filter>';
  return await client.rpc(`<get>${filter}</get>`);
}

test('sluiced keeps, hides and reports what other modules do not accept, and says which constraints running breaks', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-upgrade-'));
  const path = join(folder, 'yang');
  mkdirSync(path);
  const start = async (text: string): Promise<[SluicedProcess, NetconfClient]> => {
    writeFileSync(join(path, 'plant.yang'), text);
    const router = await SluicedProcess.start({ folder, yangPaths: [path] });
    return [router, await router.connect()];
  };
  let [router, client] = await start(first);
  t.after(async () => {
    await router.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await client.rpc(edit(content));
  const before = await garden(client);
  assert.match(await report(client), /<unfit-count>0<\/unfit-count>.*<violation-count>0<\/violation-count>/s);
  await router.end();

  [router, client] = await start(second);
  assert.equal(
    (await garden(client)).replace(/ xmlns="[^"]*"/, ''),
    '<garden><plant><name>a</name></plant><plant><name>b</name><height>5</height><near>a</near></plant></garden>',
  );
  let said = await report(client);
  const unfit = [...said.matchAll(/<unfit>.*?<path>([^<]*)<\/path>.*?<reason>([^<]*)<.*?<value>([^<]*)</gs)];
  assert.deepEqual(
    unfit.map(([, where, reason, value]) => [where?.replaceAll('&apos;', "'"), reason, value]),
    [
      ['/plant:garden/gardener', 'node-absent', 'g'],
      ["/plant:garden/plant[name='a']/height", 'value-invalid', '48129'],
      ["/plant:garden/plant[name='a']/kind", 'value-invalid', 'plant:bush'],
    ],
  );
  assert.match(router.log, /no place for is kept and does not show \(3\)/);
  assert.doesNotMatch(router.log, /48129/, 'values may be secrets');
  while (!said.includes('<violation-count>2<')) said = await report(client);
  assert.match(
    said,
    /<path>\/plant:garden<\/path>.*must-violation.*<path>\/plant:garden\/plant\[name=.b.\]\/near<\/path>/s,
  );
  assert.match(router.log, /breaks 2 constraints/);
  // What does not touch what is broken is committed.
  await client.rpc(edit('<garden xmlns="urn:test:plant"><plant><name>c</name></plant></garden>'));
  const remove = '<near xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>';
  await client.rpc(
    edit(`<garden xmlns="urn:test:plant"><owner>o</owner><plant><name>b</name>${remove}</plant></garden>`),
  );
  while (!(await report(client)).includes('<violation-count>0<'));
  await router.end();

  [router, client] = await start(first);
  assert.match(await report(client), /<unfit-count>1</, 'the owner');
  assert.equal(
    await garden(client),
    before
      .replace('<near>a</near>', '')
      .replace('</plant><gardener>', '</plant><plant><name>c</name></plant><gardener>'),
  );
  await router.end();

  rmSync(join(path, 'plant.yang'));
  router = await SluicedProcess.start({ folder, yangPaths: [path] });
  client = await router.connect();
  assert.match(await report(client), /<module>plant<\/module><reason>module-absent<\/reason>/);
  await router.end();
});
