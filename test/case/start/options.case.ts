import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectSsh } from '../../../src/northbound/netconf/client.ts';
import type { Case } from '../../case.ts';
import { editConfig, namespace } from '../../configuration.ts';
import { Router } from '../../router.ts';

const system = 'urn:ietf:params:xml:ns:yang:ietf-system';

/** Users with clear-text passwords and access rules of the document's own. */
const document = `<config xmlns="${namespace.netconf}">
  <system xmlns="${system}"><contact>by document</contact><authentication>
    <user><name>reader</name><password>$0$read only 7</password></user>
    <user><name>writer</name><password>$0$write 8</password></user>
  </authentication></system>
  <nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm">
    <groups><group><name>writers</name><user-name>writer</user-name></group></groups>
    <rule-list><name>w</name><group>writers</group>
      <rule><name>all</name><access-operations>*</access-operations><action>permit</action></rule>
    </rule-list>
  </nacm>
</config>`;

const module = `module example-site {
  yang-version 1.1;
  namespace "urn:example:site";
  prefix es;
  import ietf-interfaces { prefix if; }
  revision 2026-11-23;
  container site {
    leaf name { type string { length "1..20"; } }
    list rack {
      key "number";
      leaf number { type uint8; }
      leaf uplink { type if:interface-ref; }
      leaf height { type decimal64 { fraction-digits 2; range "0.5..3"; } default "2.0"; }
    }
  }
}`;

const options: Case = {
  id: 'start-options',
  shows: '--config decides alone, its passwords are hashed; --yang-path serves more modules; both outlive a restart',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-options-'));
    writeFileSync(`${folder}/startup.xml`, document);
    mkdirSync(`${folder}/yang`);
    writeFileSync(`${folder}/yang/example-site@2026-11-23.yang`, module);
    const args = ['--config', `${folder}/startup.xml`, '--yang-path', `${folder}/yang`];
    try {
      for (const start of [1, 2]) {
        const router = await Router.start({ state: `${folder}/state`, args });
        try {
          const { address: host, port } = router.endpoint;
          const login = (username: string, password: string) => connectSsh({ host, port, username, password });
          await assert.rejects(login('admin', 'anything'), 'the factory user is not there');
          await assert.rejects(login('writer', 'wrong'));

          const recovery = await router.connect();
          const users = await recovery.rpc('<get-config><source><running/></source></get-config>');
          assert.equal(users.match(/<password>\$6\$[^<]{90,}<\/password>/g)?.length, 2, users);
          assert.ok(!users.includes('$0$') && users.includes('by document'));
          await recovery.close();

          const reader = await login('reader', 'read only 7');
          assert.match(await reader.send(editConfig('running', site(`<name>x</name>`))), /access-denied/);
          await reader.close();
          const writer = await login('writer', 'write 8');
          assert.ok(writer.capabilities.some((uri) => uri.includes('yang-library')));
          if (start === 1)
            await writer.rpc(editConfig('running', site('<name>Ulm</name><rack><number>7</number></rack>')));
          const stored = await writer.rpc('<get-config><source><running/></source></get-config>');
          assert.match(stored, /<site xmlns="urn:example:site"><name>Ulm<\/name><rack><number>7<\/number>/);
          for (const [bad, tag] of [
            ['<rack><number>256</number></rack>', 'invalid-value'],
            ['<rack><number>1</number><height>3.01</height></rack>', 'invalid-value'],
            ['<rack><number>1</number><uplink>nowhere</uplink></rack>', 'data-missing'],
            ['<name></name>', 'invalid-value'],
          ] as const) {
            assert.match(await writer.send(editConfig('running', site(bad))), new RegExp(`<error-tag>${tag}<`), bad);
          }
          assert.match(
            await writer.send(
              '<get-schema xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><identifier>example-site</identifier></get-schema>',
            ),
            /module example-site \{/,
          );
          await writer.close();
        } finally {
          await router.stop();
        }
      }
      return [{ what: 'starts with the document’s users and rules, and the module’s data', value: 2 }];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const site = (content: string): string => `<site xmlns="urn:example:site">${content}</site>`;

export const cases: readonly Case[] = [options];
