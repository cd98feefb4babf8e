import assert from 'node:assert/strict';
import { chunk, hello, Raw } from '../../../src/northbound/netconf/testing/raw.ts';
import type { Case } from '../../case.ts';
import {
  blockPoint,
  blockPoints,
  bridgeDomain,
  bridgeDomains,
  editConfig,
  interfaces,
  namespace,
  port,
  subInterface,
} from '../../configuration.ts';
import { RawSession } from '../../raw-session.ts';
import { Router } from '../../router.ts';
import { configure } from '../../topology.ts';

/** What an rpc-error has to say. The path is compared without prefixes, which are the server's to choose. */
interface Refusal {
  readonly what: string;
  readonly rpc: string;
  readonly type: string;
  readonly tag: string;
  readonly appTag?: string;
  readonly path?: string;
  readonly info?: RegExp;
}

const inPort = (name: string) => `/interfaces/interface[name='${name}']`;

const refusals: readonly Refusal[] = [
  {
    what: 'an unknown element',
    rpc: editConfig('running', `<interfaces xmlns="${namespace.interfaces}"><nonsense/></interfaces>`),
    type: 'application',
    tag: 'unknown-element',
    path: '/interfaces',
    info: /<bad-element>nonsense<\/bad-element>/,
  },
  {
    what: 'an unknown namespace',
    rpc: editConfig('running', '<nonsense xmlns="urn:example:nowhere"/>'),
    type: 'application',
    tag: 'unknown-namespace',
    info: /<bad-element>nonsense<\/bad-element>[\s\S]*<bad-namespace>urn:example:nowhere<\/bad-namespace>/,
  },
  {
    what: 'VLAN 4095',
    rpc: editConfig('running', interfaces(subInterface('a', 4095))),
    type: 'application',
    tag: 'invalid-value',
    path: `${inPort('a.4095')}/encapsulation/outer-vlan-id`,
  },
  {
    what: 'a block point on a port that is absent',
    rpc: editConfig('running', blockPoints(blockPoint('absent', 10))),
    type: 'application',
    tag: 'data-missing',
    appTag: 'instance-required',
    path: "/block-points/block-point[port='absent'][vlan-id='10']/port",
  },
  {
    what: 'two sub-interfaces with one tag (RFC 7950 section 15.1)',
    rpc: editConfig('running', interfaces(subInterface('a', 10).replace('<name>a.10</name>', '<name>twin</name>'))),
    type: 'application',
    tag: 'operation-failed',
    appTag: 'data-not-unique',
    info: /<non-unique[^>]*>[\s\S]*outer-vlan-id/,
  },
  {
    what: 'creating what exists',
    rpc: editConfig('running', interfaces(subInterface('a', 10, 'create'))),
    type: 'application',
    tag: 'data-exists',
    path: inPort('a.10'),
  },
  {
    what: 'deleting what does not exist',
    rpc: editConfig('running', blockPoints(blockPoint('a', 99, 'delete'))),
    type: 'application',
    tag: 'data-missing',
    path: "/block-points/block-point[port='a'][vlan-id='99']",
  },
  {
    what: 'a list entry without its key',
    rpc: editConfig(
      'running',
      `<interfaces xmlns="${namespace.interfaces}"><interface><enabled>true</enabled></interface></interfaces>`,
    ),
    type: 'application',
    tag: 'missing-element',
    info: /<bad-element>name<\/bad-element>/,
  },
  {
    what: 'deleting a port that sub-interfaces refer to',
    rpc: editConfig(
      'running',
      `<interfaces xmlns="${namespace.interfaces}"><interface xmlns:nc="${namespace.netconf}" nc:operation="delete"><name>a</name></interface></interfaces>`,
    ),
    type: 'application',
    tag: 'data-missing',
    appTag: 'instance-required',
    path: `${inPort('a.10')}/parent-interface`,
  },
  {
    what: 'a bridge domain member that is not configured',
    rpc: editConfig('running', bridgeDomains(bridgeDomain('b', ['absent.10']))),
    type: 'application',
    tag: 'data-missing',
    appTag: 'instance-required',
    path: "/bridge-domains/bridge-domain[name='b']/member[interface='absent.10']/interface",
  },
  {
    what: 'an rpc that no module defines',
    rpc: '<reload-everything xmlns="urn:example:nowhere"/>',
    type: 'protocol',
    tag: 'operation-not-supported',
  },
];

/** Must show (e) of the walking router. */
const badInput: Case = {
  id: 'bad-input',
  shows: 'bad input is refused with the exact error and its place; nothing changes; the server stays',
  async run() {
    const router = await Router.start();
    try {
      await configure(router, [interfaces(port('a'), subInterface('a', 10))]);
      const configuration = async (): Promise<string> => {
        const client = await router.connect();
        const reply = await client.rpc('<get-config><source><running/></source></get-config>');
        await client.close();
        return reply.replace(/message-id="[^"]*"/, '');
      };
      const before = await configuration();
      const session = await RawSession.open(router.places.netconfSocket);
      for (const refusal of refusals) check(refusal, await session.rpc(refusal.rpc));

      // The engine refuses what only it can judge: a device that does not exist.
      await session.rpc(editConfig('candidate', interfaces(port('b', 'no-such-device'))));
      const refused = await session.rpc('<commit/>');
      check(
        {
          what: 'a candidate that the engine refuses',
          rpc: '',
          type: 'application',
          tag: 'operation-failed',
          appTag: 'device-unavailable',
          path: `${inPort('b')}/port/af-packet`,
        },
        refused,
      );
      await session.rpc('<discard-changes/>');
      session.close();

      for (const [what, message] of [
        ['malformed XML', `<rpc xmlns="${namespace.netconf}" message-id="1"><get></rpc>`],
        ['a DTD', `<!DOCTYPE rpc [<!ENTITY e "x">]><rpc xmlns="${namespace.netconf}" message-id="1"><get/></rpc>`],
      ] as const) {
        const bad = new Raw(router.places.netconfSocket).send(hello('1.0', '1.1'));
        await bad.until(/<\/hello>]]>]]>/);
        bad.send(chunk(message));
        const reply = (await bad.end()).split(']]>]]>').at(-1) ?? '';
        check({ what, rpc: '', type: 'rpc', tag: 'malformed-message' }, reply);
        // RFC 6241 appendix A: the tag must not be sent to those who speak base:1.0 alone.
        const old = await RawSession.open(router.places.netconfSocket);
        old.send(message);
        check({ what: `${what}, base:1.0`, rpc: '', type: 'rpc', tag: 'operation-failed' }, await old.message());
        await old.ended();
      }

      const large = await RawSession.open(router.places.netconfSocket);
      const megabyte = `<!--${'x'.repeat(1024 * 1024)}-->`;
      await large.sendPart(`<rpc xmlns="${namespace.netconf}" message-id="1"><get/>`);
      const answer = large.message();
      for (let sent = 0; sent < 66; sent++) await Promise.race([large.sendPart(megabyte), large.ended()]);
      check({ what: 'an rpc above 64 MiB', rpc: '', type: 'rpc', tag: 'too-big' }, await answer);
      await large.ended();

      assert.equal(await configuration(), before);
      return [
        { what: 'refusals with exact type, tag, app-tag, path and info', value: refusals.length + 1 },
        { what: 'messages after which the session is closed', value: 5 },
        { what: 'changes to running', value: 0 },
      ];
    } finally {
      await router.stop();
    }
  },
};

function check(refusal: Refusal, reply: string): void {
  const element = (name: string): string | undefined =>
    new RegExp(`<${name}[^>]*>([\\s\\S]*?)</${name}>`).exec(reply)?.[1]?.trim();
  const path = element('error-path')
    ?.replaceAll(/([/[])[\w-]+:/g, '$1')
    .replaceAll('&apos;', "'")
    .replaceAll('&quot;', "'")
    .replaceAll('"', "'");
  assert.deepEqual(
    {
      type: element('error-type'),
      tag: element('error-tag'),
      appTag: element('error-app-tag'),
      severity: element('error-severity'),
    },
    { type: refusal.type, tag: refusal.tag, appTag: refusal.appTag, severity: 'error' },
    `${refusal.what}: ${reply}`,
  );
  if (refusal.path !== undefined) assert.equal(path, refusal.path, refusal.what);
  if (refusal.info !== undefined) assert.match(element('error-info') ?? '', refusal.info, refusal.what);
  assert.ok((element('error-message') ?? '').length > 5, refusal.what);
}

export const cases: readonly Case[] = [badInput];
