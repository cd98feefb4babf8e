import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeDer } from '../../../features/keystore/der.ts';
import { publicKeyOfSshBlob } from '../../../features/keystore/ssh-wire.ts';
import { connectOver, type NetconfClient } from '../client.ts';
import { cmsOf, makeCertificate, type TestCertificate } from '../testing/certificates.ts';
import { edit, type TestServer, testServer } from '../testing/server.ts';
import { bag, bound, endpoint, listen, mapping, storedKey, tls } from '../testing/transports.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
const python = fileURLToPath(new URL('../testing/tls_client.py', import.meta.url));
const run = promisify(execFile);
const SESSIONS =
  '<get><filter type="subtree"><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><sessions/></netconf-state></filter></get>';

const make = (name: string, subject: Parameters<typeof makeCertificate>[2]) => makeCertificate(folder, name, subject);
const root = make('root', { commonName: 'Root', isAuthority: true });
const middle = make('middle', { commonName: 'Middle', isAuthority: true, issuer: root });
const other = make('other', { commonName: 'Other root', isAuthority: true });
const server = make('server', { commonName: 'router', names: 'DNS:router.example', issuer: root });
const ann = make('ann', { commonName: 'ann', issuer: root });
const bob = make('bob', {
  commonName: 'bob',
  names: 'email:Bob@Example.COM,DNS:Bob.Example,IP:192.0.2.7',
  issuer: root,
});
const low = make('low', { commonName: 'low', issuer: middle });
const expired = make('expired', { commonName: 'ann', days: -1, issuer: root });
const stranger = make('stranger', { commonName: 'ann', issuer: other });
const lonely = make('lonely', { commonName: 'lonely' });

const fingerprint = (algorithm: string, octet: string, { certificate }: TestCertificate): string =>
  [octet, ...(createHash(algorithm).update(Buffer.from(certificate, 'base64')).digest('hex').match(/../g) ?? [])].join(
    ':',
  );

let router: TestServer;
let recovery: NetconfClient;
let port = 0;

/** The listener `t` with these mappings and clients; keys and bags are there. */
async function configure(mappings: string, more = '', clients = anchors): Promise<void> {
  const transport = tls(bound(), { key: 'router', certificate: 'c', clients, mappings, more });
  await recovery.rpc(edit(listen(endpoint('t', transport, 'replace'))));
  port = [...router.transports.listeners()].find(({ name }) => name === 't')?.ports.get('127.0.0.1') ?? 0;
}

const anchors =
  '<ca-certs><central-truststore-reference>anchors</central-truststore-reference></ca-certs><ee-certs><central-truststore-reference>clients</central-truststore-reference></ee-certs>';

function dial(who: TestCertificate | undefined, more: ConnectionOptions = {}): Promise<TLSSocket> {
  const own = who && { cert: readFileSync(who.certificateFile), key: readFileSync(who.keyFile) };
  const ca = readFileSync(root.certificateFile);
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'router.example', ca, ...own, ...more }, () =>
      resolve(socket),
    );
    socket.once('error', reject);
  });
}

/** Who the router takes the client for; undefined: refused without a byte of NETCONF. */
async function userOf(who: TestCertificate | undefined, more: ConnectionOptions = {}): Promise<string | undefined> {
  let socket: TLSSocket;
  try {
    socket = await dial(who, more);
  } catch {
    return undefined;
  }
  socket.on('error', () => undefined);
  let received = '';
  socket.on('data', (piece: Buffer) => {
    received += piece.toString();
  });
  const first = await Promise.race([
    new Promise<string>((resolve) => socket.once('data', () => resolve('hello'))),
    new Promise<string>((resolve) => socket.once('close', () => resolve('close'))),
  ]);
  if (first === 'close') {
    assert.equal(received, '');
    return undefined;
  }
  socket.write(
    '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>',
  );
  const id = /<session-id>(\d+)/.exec(received)?.[1];
  const pattern = new RegExp(
    `<session-id>${id}</session-id><transport[^>]*>[^<]*:netconf-tls</transport><username>([^<]*)<`,
  );
  for (;;) {
    const name = pattern.exec(await recovery.rpc(SESSIONS))?.[1];
    if (name === undefined) continue;
    socket.destroy();
    return name;
  }
}

/** CertificationRequestInfo of a common name, without attributes. */
function requestInfo(commonName: string, spki: Buffer): Buffer {
  const attribute = writeDer(
    0x30,
    writeDer(0x06, Buffer.from('550403', 'hex')),
    writeDer(0x0c, Buffer.from(commonName)),
  );
  const subject = writeDer(0x30, writeDer(0x31, attribute));
  return writeDer(0x30, writeDer(0x02, Buffer.from([0])), subject, spki, writeDer(0xa0));
}

before(async () => {
  router = await testServer();
  recovery = await router.connect();
  const stored = storedKey('router', server, { c: cmsOf(folder, server) });
  await recovery.rpc(edit(stored + bag('anchors', cmsOf(folder, root))));
  await recovery.rpc(edit(bag('clients', lonely.certificate)));
});
after(async () => {
  await recovery.close();
  await router.close();
  rmSync(folder, { recursive: true });
});

describe('TLS listener', () => {
  it('carries sessions of Python over TLS 1.2 and 1.3, both framings', { timeout: 60_000 }, async () => {
    await configure(mapping(1, 'common-name'));
    for (const version of ['1.2', '1.3']) {
      const args = ['connect', String(port), root.certificateFile, ann.certificateFile, ann.keyFile, version];
      const { stdout } = await run('/usr/bin/python3', [python, ...args]);
      const seen = JSON.parse(stdout);
      assert.equal(seen.version, `TLSv${version}`);
      assert.equal(seen.messages.length, 3, stdout);
      assert.match(seen.messages[0], /<hello/);
      assert.match(seen.messages[1], /message-id="1"><data/);
      assert.match(seen.messages[2], /message-id="2"><ok\/>/);
    }
    const client = await connectOver(await dial(ann));
    assert.match(
      await client.rpc(SESSIONS),
      /netconf-tls<\/transport><username>ann<\/username><source-host>127.0.0.1</,
    );
    await client.close();
  });

  it('refuses who has no certificate, an expired one, one of nobody known, or no name', {
    timeout: 60_000,
  }, async () => {
    await configure(mapping(1, 'san-dns-name'));
    assert.equal(await userOf(bob), 'bob.example');
    for (const who of [undefined, expired, stranger, lonely, ann]) assert.equal(await userOf(who), undefined);
    const { state } = { state: [...router.transports.listeners()][0] };
    assert.ok((state?.failedLogins ?? 0) >= 5);
    assert.ok(router.logged.some((line) => line.includes('CERT_HAS_EXPIRED')));
    assert.ok(router.logged.some((line) => line.includes('no cert-to-name entry')));
  });

  it('maps by every type, in the order of the numbers, by fingerprints of clients and authorities', {
    timeout: 60_000,
  }, async () => {
    const cases: readonly (readonly [mappings: string, who: TestCertificate, user: string | undefined])[] = [
      [mapping(1, 'specified', { name: 'op' }), bob, 'op'],
      [mapping(1, 'common-name'), bob, 'bob'],
      [mapping(1, 'san-rfc822-name'), bob, 'Bob@example.com'],
      [mapping(1, 'san-dns-name'), bob, 'bob.example'],
      [mapping(1, 'san-ip-address'), bob, '192.0.2.7'],
      [mapping(1, 'san-any'), bob, 'Bob@example.com'],
      // Entries that give no name are passed over.
      [mapping(5, 'common-name') + mapping(3, 'san-any'), ann, 'ann'],
      [mapping(2, 'specified', { name: 'late' }) + mapping(1, 'specified', { name: 'early' }), ann, 'early'],
      [mapping(1, 'specified', { name: 'it', fingerprint: fingerprint('sha256', '04', bob) }), bob, 'it'],
      [mapping(1, 'specified', { name: 'it', fingerprint: fingerprint('sha256', '04', bob) }), ann, undefined],
      [mapping(1, 'specified', { name: 'it', fingerprint: fingerprint('sha512', '06', bob).toUpperCase() }), bob, 'it'],
      [mapping(1, 'common-name', { fingerprint: fingerprint('sha1', '02', root) }), ann, 'ann'],
      [mapping(1, 'common-name', { fingerprint: fingerprint('sha256', '04', middle) }), ann, undefined],
    ];
    for (const [mappings, who, user] of cases) {
      await configure(mappings);
      assert.equal(await userOf(who), user, mappings);
    }
  });

  it('takes certificates of an authority between, and those that are accepted themselves', {
    timeout: 60_000,
  }, async () => {
    await configure(mapping(1, 'common-name'));
    // Below an authority that nobody sends: no chain.
    assert.equal(await userOf(low), undefined);
    const chain = Buffer.concat([readFileSync(low.certificateFile), readFileSync(middle.certificateFile)]);
    assert.equal(await userOf(low, { cert: chain }), 'low');
    assert.equal(await userOf(lonely), 'lonely');
    const inline = `<ca-certs><inline-definition><certificate><name>m</name><cert-data>${middle.certificate}</cert-data></certificate></inline-definition></ca-certs>`;
    await configure(mapping(1, 'common-name'), '', inline);
    assert.equal(await userOf(low), 'low');
    assert.equal(await userOf(ann), undefined);
    assert.equal(await userOf(lonely), undefined);
  });

  it('proves itself by a key and certificate given in place', { timeout: 60_000 }, async () => {
    const CT = 'xmlns:ct="urn:ietf:params:xml:ns:yang:ietf-crypto-types"';
    const own = (cert: string, publicKey = server.publicKey): string =>
      `<inline-definition><public-key-format ${CT}>ct:subject-public-key-info-format</public-key-format><public-key>${publicKey}</public-key><private-key-format ${CT}>ct:one-asymmetric-key-format</private-key-format><cleartext-private-key>${server.key}</cleartext-private-key><cert-data>${cert}</cert-data></inline-definition>`;
    const given = (definition: string): string =>
      listen(
        endpoint(
          't',
          tls(bound(), { key: '', certificate: '', clients: anchors, mappings: mapping(1, 'common-name') }).replace(
            /<central-keystore-reference>.*?<\/central-keystore-reference>/,
            definition,
          ),
          'replace',
        ),
      );
    await recovery.rpc(edit(given(own(cmsOf(folder, server)))));
    port = [...router.transports.listeners()].find(({ name }) => name === 't')?.ports.get('127.0.0.1') ?? 0;
    const socket = await dial(ann);
    assert.equal(socket.getPeerCertificate().subject.CN, 'router');
    socket.destroy();
    assert.match(await recovery.send(edit(given(own(ann.certificate)))), /None of the certificates is of this key/);
    assert.match(await recovery.send(edit(given(own(server.certificate, ann.publicKey)))), /does not belong/);
    const hidden = own(server.certificate).replace(
      /<private-key-format.*<\/cleartext-private-key>/,
      '<hidden-private-key/>',
    );
    assert.match(await recovery.send(edit(given(hidden))), /holds no private key/);
  });

  it('offers the versions and suites that are configured', { timeout: 60_000 }, async () => {
    const T = 'xmlns:t="urn:ietf:params:xml:ns:yang:ietf-tls-common"';
    const hello = (content: string): string => `<hello-params>${content}</hello-params>`;
    await configure(mapping(1, 'common-name'), hello(`<tls-versions><max ${T}>t:tls12</max></tls-versions>`));
    const old = await dial(ann);
    assert.equal(old.getProtocol(), 'TLSv1.2');
    old.destroy();
    await configure(mapping(1, 'common-name'), hello(`<tls-versions><min ${T}>t:tls13</min></tls-versions>`));
    await assert.rejects(dial(ann, { maxVersion: 'TLSv1.2' }));
    const suite = '<cipher-suites><cipher-suite>TLS_CHACHA20_POLY1305_SHA256</cipher-suite></cipher-suites>';
    await configure(mapping(1, 'common-name'), hello(suite));
    const chosen = await dial(ann);
    assert.equal(chosen.getCipher().standardName, 'TLS_CHACHA20_POLY1305_SHA256');
    chosen.destroy();
  });

  it('resumes no session: a certificate is looked at every time', { timeout: 60_000 }, async () => {
    await configure(mapping(1, 'common-name'));
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = await dial(ann, { maxVersion });
      let ticket: Buffer | undefined;
      first.on('session', (session: Buffer) => {
        ticket = session;
      });
      await new Promise((resolve) => first.once('data', resolve));
      first.destroy();
      const second = await dial(ann, { maxVersion, ...(ticket === undefined ? {} : { session: ticket }) });
      assert.equal(second.isSessionReused(), false, maxVersion);
      second.destroy();
    }
  });

  it('answers a client that ends its half', { timeout: 60_000 }, async () => {
    await configure(mapping(1, 'common-name'));
    const socket = await dial(ann, { allowHalfOpen: true } as ConnectionOptions);
    let received = '';
    socket.on('data', (piece: Buffer) => {
      received += piece.toString();
    });
    socket.end(
      '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]><rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="9"><get-config><source><running/></source></get-config></rpc>]]>]]>',
    );
    await new Promise((resolve) => socket.once('close', resolve));
    assert.match(received, /message-id="9"><data/);
  });
});

describe('checkNetconfServer', () => {
  const refused = async (mappings: string, clients: string, more = ''): Promise<string> => {
    const transport = tls(bound(), { key: 'router', certificate: 'c', clients, mappings, more });
    return await recovery.send(edit(listen(endpoint('x', transport))));
  };

  it('refuses what cannot work, at its place', async () => {
    const name = mapping(1, 'common-name');
    const cases: readonly (readonly [reply: Promise<string>, pattern: RegExp])[] = [
      [refused(name, ''), /must-violation/],
      [refused('', anchors), /too-few-elements/],
      [refused(mapping(1, 'common-name', { fingerprint: '04:00' }), anchors), /invalid-value[\s\S]*is no fingerprint/],
      [refused(mapping(1, 'specified'), anchors), /data-missing/],
      [
        refused(name, '<ca-certs><central-truststore-reference>none</central-truststore-reference></ca-certs>'),
        /instance-required/,
      ],
      [
        refused(
          name,
          anchors,
          '<hello-params><cipher-suites><cipher-suite>TLS_RSA_WITH_RC4_128_MD5</cipher-suite></cipher-suites></hello-params>',
        ),
        /invalid-value[\s\S]*hello-params\/ncs:cipher-suites[\s\S]*TLS_RSA_WITH_RC4_128_MD5 is not supported/,
      ],
      [recovery.send(edit(bag('bad', 'AAAA'))), /invalid-value[\s\S]*cert-data[\s\S]*no certificate/],
      [recovery.send(edit(storedKey('a', ann, { c: bob.certificate }))), /cert-data[\s\S]*not of this key/],
      [
        recovery.send(edit(storedKey('a', { ...ann, publicKey: bob.publicKey }, {}))),
        /does not belong to the private key/,
      ],
      [recovery.send(edit(storedKey('a', { ...ann, key: 'AAAA' }, {}))), /no private key of its format/],
    ];
    for (const [reply, pattern] of cases) assert.match(await reply, pattern);
  });

  it('finds hidden keys by their public key', async () => {
    const generate = (encoding: string): string =>
      `<generate-asymmetric-key-pair xmlns="urn:ietf:params:xml:ns:yang:ietf-ssh-common"><algorithm>ssh-ed25519</algorithm><private-key-encoding><${encoding}/></private-key-encoding></generate-asymmetric-key-pair>`;
    const made = await recovery.rpc(generate('hidden'));
    const name = /\[ks:name='(hidden-[0-9a-f]+)'\]<\/location>/.exec(made)?.[1];
    const keystore = '<keystore xmlns="urn:ietf:params:xml:ns:yang:ietf-keystore"/>';
    const state = await recovery.rpc(`<get><filter type="subtree">${keystore}</filter></get>`);
    const entry = new RegExp(`<name>${name}</name>.*?<public-key>([^<]+)</public-key><hidden-private-key/>`).exec(
      state,
    );
    assert.ok(entry, state);
    const hidden = (publicKey: string): string =>
      `<keystore xmlns="urn:ietf:params:xml:ns:yang:ietf-keystore"><asymmetric-keys><asymmetric-key><name>mine</name><public-key-format xmlns:ct="urn:ietf:params:xml:ns:yang:ietf-crypto-types">ct:ssh-public-key-format</public-key-format><public-key>${publicKey}</public-key><hidden-private-key/></asymmetric-key></asymmetric-keys></keystore>`;
    await recovery.rpc(edit(hidden(entry[1] ?? '')));
    const shown = await recovery.rpc(`<get><filter type="subtree">${keystore}</filter></get>`);
    assert.ok(!shown.includes(`<name>${name}</name>`), 'what is configured is not shown twice');
    const clear = await recovery.rpc(generate('cleartext'));
    const unknown = /<public-key [^>]*>([^<]+)</.exec(clear)?.[1] ?? '';
    assert.match(clear, /<cleartext-private-key/);
    assert.match(await recovery.send(edit(hidden(unknown))), /hidden-private-key[\s\S]*holds no private key/);
  });

  it('signs requests with hidden keys, and serves what comes of them', { timeout: 60_000 }, async () => {
    const CT = 'xmlns:ct="urn:ietf:params:xml:ns:yang:ietf-crypto-types"';
    const KS = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-keystore"';
    for (const algorithm of ['ssh-ed25519', 'ecdsa-sha2-nistp384', 'rsa-sha2-256']) {
      const made = await recovery.rpc(
        `<generate-asymmetric-key-pair xmlns="urn:ietf:params:xml:ns:yang:ietf-ssh-common"><algorithm>${algorithm}</algorithm><private-key-encoding><hidden/></private-key-encoding></generate-asymmetric-key-pair>`,
      );
      const name = /'(hidden-[0-9a-f]+)'/.exec(made)?.[1];
      const state = await recovery.rpc(`<get><filter type="subtree"><keystore ${KS}/></filter></get>`);
      const blob = new RegExp(`<name>${name}</name>.*?<public-key>([^<]+)<`).exec(state)?.[1] ?? '';
      const spki = publicKeyOfSshBlob(Buffer.from(blob, 'base64')).export({ format: 'der', type: 'spki' });
      const entry = (content: string): string =>
        `<keystore ${KS}><asymmetric-keys><asymmetric-key><name>${algorithm}</name>${content}</asymmetric-key></asymmetric-keys></keystore>`;
      const pair = `<public-key-format ${CT}>ct:subject-public-key-info-format</public-key-format><public-key>${spki.toString('base64')}</public-key><hidden-private-key/>`;
      await recovery.rpc(edit(entry(pair)));
      const request = (key: Buffer): string =>
        `<action xmlns="urn:ietf:params:xml:ns:yang:1">${entry(`<generate-csr><csr-format ${CT}>ct:p10-csr-format</csr-format><csr-info>${requestInfo('router', key).toString('base64')}</csr-info></generate-csr>`)}</action>`;
      const reply = await recovery.rpc(request(spki));
      const csr = join(folder, 'request.der');
      writeFileSync(csr, Buffer.from(/<p10-csr[^>]*>([^<]+)</.exec(reply)?.[1] ?? '', 'base64'));
      const certificateFile = join(folder, 'signed.pem');
      const ca = ['-CA', root.certificateFile, '-CAkey', root.keyFile, '-CAcreateserial', '-days', '2'];
      // OpenSSL verifies the request's signature before it signs.
      await run('openssl', ['x509', '-req', '-inform', 'DER', '-in', csr, ...ca, '-out', certificateFile]);
      const cms = cmsOf(folder, { ...server, certificateFile });
      await recovery.rpc(
        edit(
          entry(`<certificates><certificate><name>c</name><cert-data>${cms}</cert-data></certificate></certificates>`),
        ),
      );
      const options = { key: algorithm, certificate: 'c', clients: anchors, mappings: mapping(1, 'common-name') };
      await recovery.rpc(edit(listen(endpoint('t', tls(bound(), options), 'replace'))));
      port = [...router.transports.listeners()].find((each) => each.name === 't')?.ports.get('127.0.0.1') ?? 0;
      const socket = await dial(ann, { checkServerIdentity: () => undefined });
      assert.equal(socket.getPeerCertificate().subject.CN, 'router');
      socket.destroy();
      const other = Buffer.from(ann.publicKey, 'base64');
      assert.match(await recovery.send(request(other)), /invalid-value[\s\S]*not that of the key/);
    }
  });

  it('shows private keys and certificates to nobody without a rule for it', async () => {
    const client = await router.connectAs('eve');
    const seen = await client.rpc('<get-config><source><running/></source></get-config>');
    assert.ok(seen.includes('<name>router</name>') && seen.includes('<description>for tests<'));
    assert.ok(!seen.includes('cleartext-private-key') && !seen.includes('cert-data'));
    await client.close();
  });
});
