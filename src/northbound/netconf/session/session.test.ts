import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BASE, chunk, hello, Raw } from '../testing/raw.ts';
import { edit, ethernets, type TestServer, testServer } from '../testing/server.ts';

let router: TestServer;
before(async () => {
  router = await testServer({ limits: { messageBytes: 1024 * 1024, helloMs: 500, stallMs: 1000 } });
});
after(async () => {
  await router.close();
});

const rpc = (operation: string, attributes = 'message-id="1"') =>
  `<rpc xmlns="${BASE}" ${attributes}>${operation}</rpc>`;
const open = async (...versions: string[]): Promise<Raw> => {
  const raw = new Raw(router.socket).send(hello(...versions));
  await raw.until(/<\/hello>\]\]>\]\]>/);
  return raw;
};

describe('Session hello', () => {
  it('speaks the framing of the highest common base', async () => {
    for (const versions of [['1.1'], ['1.0', '1.1']]) {
      const raw = await open(...versions);
      raw.send(chunk(rpc('<close-session/>')));
      assert.match(await raw.end(), /\n#\d+\n<rpc-reply [^>]*message-id="1"><ok\/><\/rpc-reply>\n##\n$/);
    }
    const raw = await open('1.0');
    raw.send(`${rpc('<close-session/>')}]]>]]>`);
    assert.match(await raw.end(), /<rpc-reply [^>]*message-id="1"><ok\/><\/rpc-reply>\]\]>\]\]>$/);
  });

  it('takes hello and rpcs in one packet, and a hello byte by byte', async () => {
    const raw = new Raw(router.socket).send(
      hello('1.1') +
        chunk(rpc('<get-config><source><startup/></source></get-config>')) +
        chunk(rpc('<close-session/>', 'message-id="2"')),
    );
    assert.match(await raw.end(), /message-id="1"[\s\S]*message-id="2"/);
    const slow = new Raw(router.socket);
    for (const byte of hello('1.0')) slow.send(byte);
    await slow.until(/<\/hello>/);
    slow.send(`${rpc('<close-session/>')}]]>]]>`);
    await slow.end();
  });

  for (const [what, text] of [
    ['no base in common', hello('2.0')],
    ['no capability', `<hello xmlns="${BASE}"/>]]>]]>`],
    ['a session-id', hello('1.1').replace('</hello>', '<session-id>4</session-id></hello>')],
    ['an rpc first', `${rpc('<get/>')}]]>]]>`],
    ['another namespace', hello('1.1').replace(BASE, 'urn:x')],
    ['bad XML', '<hello]]>]]>'],
    ['a DTD', `<!DOCTYPE hello>${hello('1.1')}`],
    ['nothing', ''],
    ['too much', `<hello>${'x'.repeat(2 * 1024 * 1024)}`],
  ] as const) {
    it(`ends after ${what}`, async () => {
      const raw = new Raw(router.socket).send(text);
      assert.doesNotMatch(await raw.end(), /rpc-reply/);
    });
  }
});

describe('Session messages', () => {
  it('repeats all attributes of the rpc, and declarations of prefixes', async () => {
    const raw = await open('1.1');
    raw.send(
      chunk(
        rpc(
          '<x:get-config><x:source><x:startup/></x:source></x:get-config>',
          `message-id='a"&lt;1' xmlns:x="${BASE}" xmlns:y="urn:y" y:user-id="fred" other="1"`,
        ),
      ),
    );
    assert.match(
      await raw.until(/<rpc-reply [^>]*>/),
      /xmlns:x="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:y="urn:y" message-id="a&quot;&lt;1" y:user-id="fred" other="1">/,
    );
    raw.close();
  });

  for (const [what, text, expected] of [
    [
      'a missing message-id',
      rpc('<get/>', ''),
      /<error-type>rpc<.*<error-tag>missing-attribute<.*<bad-attribute>message-id<\/bad-attribute><bad-element>rpc</,
    ],
    ['no operation', rpc(''), /<error-tag>missing-element</],
    ['two operations', rpc('<discard-changes/><discard-changes/>'), /<error-tag>unknown-element</],
    ['another message than rpc', `<note xmlns="${BASE}"/>`, /<error-tag>unknown-element<.*<bad-element>note</],
    ['an rpc of no namespace', '<rpc message-id="1"><get/></rpc>', /<error-tag>unknown-element</],
    ['an unknown operation', rpc('<reboot/>'), /<error-type>protocol<.*<error-tag>operation-not-supported</],
    ['an operation of an unknown namespace', rpc('<go xmlns="urn:x"/>'), /<error-tag>operation-not-supported</],
    ['an unknown attribute', rpc('<get all="yes"/>'), /<error-tag>unknown-attribute<.*<bad-attribute>all</],
    ['an unknown parameter', rpc('<commit><nope/></commit>'), /<error-tag>unknown-element<.*<bad-element>nope</],
    ['a missing parameter', rpc('<lock/>'), /<error-tag>(?:missing-element|data-missing)</],
  ] as const) {
    it(`answers ${what} and goes on`, async () => {
      const raw = await open('1.1');
      raw.send(chunk(text));
      assert.match((await raw.until(/<rpc-reply[\s\S]*?\n##\n/)).replaceAll('\n', ''), expected);
      raw.send(chunk(rpc('<close-session/>', 'message-id="bye"')));
      await raw.until(/message-id="bye"><ok\/>/);
      await raw.end();
    });
  }

  for (const [what, text] of [
    ['XML that is not well-formed', rpc('<get>')],
    ['an undeclared prefix', rpc('<x:get/>')],
    ['a DTD', `<!DOCTYPE rpc [<!ENTITY a "b">]>${rpc('<get/>')}`],
    ['a second root', `${rpc('<get/>')}<rpc/>`],
    ['an attribute twice', rpc('<get/>', 'message-id="1" message-id="2"')],
    ['a control character', rpc('<get>\x01</get>')],
    ['text only', 'hello?'],
  ] as const) {
    it(`ends after ${what} with malformed-message`, async () => {
      const raw = await open('1.1');
      raw.send(chunk(text));
      assert.match(await raw.end(), /<error-type>rpc<\/error-type><error-tag>malformed-message<[\s\S]*##\n$/);
    });
  }

  it('does not send malformed-message to a client of base 1.0', async () => {
    const raw = await open('1.0');
    raw.send(`${rpc('<get>')}]]>]]>`);
    assert.match(await raw.end(), /<error-type>rpc<\/error-type><error-tag>operation-failed<[\s\S]*\]\]>\]\]>$/);
  });

  it('ends after bytes that are not UTF-8 with malformed-message', async () => {
    const raw = await open('1.1');
    raw.send(
      Buffer.concat([
        Buffer.from('\n#3\n<a>'),
        Buffer.from('\n#2\n'),
        Buffer.from([0xc3, 0x28]),
        Buffer.from('\n##\n'),
      ]),
    );
    assert.match(await raw.end(), /malformed-message/);
  });

  it('ends with too-big once a message is larger than allowed', async () => {
    const raw = await open('1.1');
    raw.send(`\n#4294967295\n${rpc('<get/>').replace('</rpc>', '')}`);
    const filler = `<!--${'x'.repeat(64 * 1024)}-->`;
    for (let sent = 0; sent < 20; sent++) raw.send(filler);
    assert.match(await raw.end(), /message-id="1"><rpc-error><error-type>rpc<\/error-type><error-tag>too-big</);
  });

  for (const bad of ['\n#0\n', '\n#x\n', '\n##\n', 'x', '\n#3\n<a>d', '\n#4294967296\n']) {
    it(`ends at once after bad framing ${JSON.stringify(bad)}`, async () => {
      const raw = await open('1.1');
      raw.send(bad);
      assert.doesNotMatch(await raw.end(), /rpc-reply/);
    });
  }

  it('answers pipelined rpcs in order', async () => {
    const raw = await open('1.1');
    const count = 200;
    let text = '';
    for (let id = 1; id <= count; id++) {
      const operation =
        id % 3 === 0 ? edit(ethernets(`p${id}`)) : '<get-config><source><running/></source></get-config>';
      text += chunk(rpc(operation, `message-id="${id}"`));
    }
    raw.send(text + chunk(rpc('<close-session/>', `message-id="${count + 1}"`)));
    const ids = [...(await raw.end()).matchAll(/<rpc-reply [^>]*message-id="(\d+)"/g)].map(([, id]) => Number(id));
    assert.deepEqual(
      ids,
      Array.from({ length: count + 1 }, (_, index) => index + 1),
    );
  });

  it('answers what was asked before the client closed its half', async () => {
    const raw = await open('1.1');
    raw.send(chunk(rpc('<get-config><source><running/></source></get-config>')));
    raw.socket.end();
    assert.match(await raw.end(), /<\/rpc-reply>\n##\n$/);
  });

  it('ends a session that does not read its reply, and delays nobody meanwhile', async () => {
    const names = Array.from({ length: 4000 }, (_, index) => `slow-${index}-${'x'.repeat(40)}`);
    const client = await router.connect();
    await client.rpc(edit(ethernets(...names)));
    const raw = await open('1.1');
    raw.socket.pause();
    const get = chunk(rpc('<get-config><source><running/></source></get-config>'));
    for (let asked = 0; asked < 50; asked++) raw.send(get);
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().external;
    let worst = 0;
    const closed = new Promise((resolve) => raw.socket.once('close', resolve));
    const until = Date.now() + 2500;
    while (Date.now() < until) {
      const started = performance.now();
      await client.rpc('<get-config><source><startup/></source></get-config>');
      worst = Math.max(worst, performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.ok(worst < 2500, `another session waited ${worst} ms`);
    assert.ok(process.memoryUsage().arrayBuffers + process.memoryUsage().external - before < 32e6);
    raw.socket.resume();
    await closed;
    assert.ok(raw.received.length < 20e6, `${raw.received.length} characters of 50 replies`);
    await client.close();
  });

  it('leaves no bug in the log', () => {
    assert.deepEqual(router.logged, []);
  });
});
