import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { FaultError } from '../../../yang/fault.ts';
import type { NetconfClient } from '../client.ts';
import { edit, ethernets, type TestServer, testServer } from '../testing/server.ts';
import { HttpsTransfer } from './https.ts';

/** A real server on loopback, with a certificate of an authority of its own. */
let router: TestServer;
let client: NetconfClient;
let server: Server;
let authority = '';
let stranger = '';
let origin = '';
const folder = mkdtempSync(join(tmpdir(), 'sluice-https-'));
/** What the server holds, and what it does instead for some paths. */
const held = new Map<string, string>();
const seen: string[] = [];

before(async () => {
  authority = certify('ca', ['-x509', '-subj', '/CN=test authority', '-addext', 'basicConstraints=critical,CA:TRUE']);
  stranger = certify('stranger', ['-x509', '-subj', '/CN=another', '-addext', 'basicConstraints=critical,CA:TRUE']);
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const certificate = certify('server', [
    '-x509',
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca.key'),
    '-subj',
    '/CN=s',
    '-addext',
    names,
  ]);
  server = createServer({ key: readFileSync(at('server.key')), cert: certificate }, (request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  router = await testServer();
  client = await router.connect();
  await client.rpc(edit(ethernets('a')));
});
after(async () => {
  await client.close();
  await router.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => configure('<allow-local>true</allow-local>', authority));

function at(name: string): string {
  return join(folder, name);
}

function certify(name: string, how: readonly string[]): string {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at(`${name}.key`)];
  execFileSync('openssl', ['req', '-new', ...key, ...how, '-days', '2', '-out', at(`${name}.pem`)], { stdio: 'pipe' });
  return readFileSync(at(`${name}.pem`), 'utf8');
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = request;
  seen.push(`${method} ${url}${headers.authorization === undefined ? '' : ` ${headers.authorization}`}`);
  let body = '';
  for await (const chunk of request) body += (chunk as Buffer).toString();
  if (url === '/never') return;
  if (url === '/away') response.writeHead(302, { location: `${origin}/a.xml` }).end();
  else if (url === '/broken') response.writeHead(500).end('no');
  else if (url === '/long') response.writeHead(200, { 'content-length': 2 ** 27 }).end('<config');
  else if (url === '/endless') {
    response.writeHead(200);
    const chunk = '\n'.repeat(1 << 20);
    const closed = once(request.socket, 'close');
    for (let i = 0; i < 80 && !response.destroyed; i++) {
      if (!response.write(chunk)) await Promise.race([once(response, 'drain'), closed]);
    }
    response.end();
  } else if (method === 'PUT') {
    held.set(url, body);
    response.writeHead(201).end();
  } else if (!held.has(url)) response.writeHead(404).end();
  else if (method === 'DELETE') {
    held.delete(url);
    response.writeHead(204).end();
  } else response.writeHead(200, { 'content-type': 'application/xml' }).end(held.get(url));
}

/** The settings, with the bag of these certificates. */
async function configure(https: string, ...authorities: readonly string[]): Promise<void> {
  const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="replace"';
  const entries = authorities.map((pem, i) => {
    const data = pem.replaceAll(/-----[^\n]*|\s/g, '');
    return `<certificate><name>${i}</name><cert-data>${data}</cert-data></certificate>`;
  });
  const bag = `<certificate-bag><name>servers</name>${entries.join('')}</certificate-bag>`;
  const store = `<certificate-bags>${bag}</certificate-bags>`;
  const trust = authorities.length === 0 ? '' : '<certificate-bag>servers</certificate-bag>';
  await client.rpc(
    edit(
      `<truststore xmlns="urn:ietf:params:xml:ns:yang:ietf-truststore" ${NC}>${store}</truststore>` +
        `<url-access xmlns="urn:sluice:yang:sluice-url" ${NC}><https>${https}${trust}</https></url-access>`,
    ),
  );
}

const copy = (target: string, source: string) =>
  `<copy-config><target>${target}</target><source>${source}</source></copy-config>`;
const url = (path: string, from = origin) => `<url>${from}${path}</url>`;
const read = (path: string, from = origin) => client.send(copy('<candidate/>', url(path, from)));

async function refusal(reply: Promise<string>): Promise<string> {
  const text = await reply;
  const tag = /<error-tag>([^<]*)</.exec(text)?.[1] ?? 'none';
  return `${tag} ${/<error-path[^>]*>([^<]*)</.exec(text)?.[1] ?? ''} ${/<error-message[^>]*>([^<]*)</.exec(text)?.[1] ?? ''}`;
}

describe(':url with https (RFC 6241 section 8.8)', () => {
  it('puts, gets and deletes configurations', async () => {
    await client.rpc(copy(url('/a.xml'), '<running/>'));
    assert.match(held.get('/a.xml') ?? '', /^<config xmlns=[\s\S]*<name>a<[\s\S]*<\/config>$/);
    await client.rpc(edit(ethernets('b')));
    await client.rpc(copy('<running/>', url('/a.xml')));
    const running = await client.rpc('<get-config><source><running/></source></get-config>');
    assert.doesNotMatch(running, /<name>b</);
    await client.rpc(`<validate><source>${url('/a.xml')}</source></validate>`);
    await client.rpc(`<edit-config><target><candidate/></target>${url('/a.xml')}</edit-config>`);
    await client.rpc('<discard-changes/>');
    await client.rpc(copy(url('/b.xml'), url('/a.xml')));
    await client.rpc(copy('<url>file:///from-https.xml</url>', url('/b.xml')));
    await client.rpc(`<delete-config><target>${url('/a.xml')}</target></delete-config>`);
    assert.deepEqual([...held.keys()], ['/b.xml']);
    assert.match(await refusal(read('/a.xml')), /^data-missing \/nc:copy-config\/nc:source\/nc:url https:.*404/);
  });

  it('logs in as the URL says, and says nothing of it', async () => {
    held.set('/p.xml', '<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"/>');
    seen.length = 0;
    const login = origin.replace('https://', 'https://user:p%40ss@');
    await client.rpc(copy('<candidate/>', url('/p.xml', login)));
    await client.rpc('<discard-changes/>');
    assert.deepEqual(seen, [`GET /p.xml Basic ${Buffer.from('user:p@ss').toString('base64')}`]);
    const reply = await read('/none.xml?key=hush', login);
    assert.doesNotMatch(reply, /p@ss|p%40ss|hush/);
  });

  it('trusts the authorities that are configured, and nobody else', async () => {
    await configure('<allow-local>true</allow-local>', stranger);
    assert.match(await refusal(read('/a.xml')), /^operation-failed .*(certificate|signature)/);
    await configure('<allow-local>true</allow-local>');
    assert.match(await refusal(read('/a.xml')), /^operation-failed .*certificate/);
    await configure('<allow-local>true</allow-local>', authority);
    // The certificate is for localhost and 127.0.0.1, not for this name of the same machine.
    const other = origin.replace('localhost', '127.0.0.2');
    assert.match(await refusal(read('/a.xml', other)), /^operation-failed /);
  });

  it('keeps away from the router itself where that is not allowed', async () => {
    await configure('', authority);
    seen.length = 0;
    const port = new URL(origin).port;
    for (const host of [
      'localhost',
      '127.0.0.1',
      '127.9.9.9',
      '0.0.0.0',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '169.254.169.254',
      '2130706433',
    ]) {
      assert.match(await refusal(read('/a.xml', `https://${host}:${port}`)), /^access-denied .*allow-local/, host);
      const put = client.send(copy(url('/x.xml', `https://${host}:${port}`), '<running/>'));
      assert.match(await refusal(put), /^access-denied \/nc:copy-config\/nc:target\/nc:url/, host);
    }
    assert.deepEqual(seen, []);
  });

  it('is refused where it is off', async () => {
    await configure('<enabled>false</enabled><allow-local>true</allow-local>', authority);
    assert.match(await refusal(read('/a.xml')), /^operation-not-supported /);
    await client.rpc(copy('<url>file:///f.xml</url>', '<running/>'));
  });

  it('gives up when its time is over', async () => {
    await configure('<allow-local>true</allow-local><timeout>1</timeout>', authority);
    assert.match(await refusal(read('/never')), /^operation-failed .*1 seconds/);
    assert.match(await refusal(client.send(copy(url('/never'), '<running/>'))), /^operation-failed .*1 seconds/);
  });

  it('follows no redirect, believes no error, and reads no more than it may', async () => {
    assert.match(await refusal(read('/away')), /^operation-failed .*redirects/);
    assert.match(await refusal(read('/broken')), /^operation-failed .*500/);
    assert.match(await refusal(client.send(copy(url('/broken'), '<running/>'))), /^operation-failed .*500/);
    assert.match(await refusal(read('/long')), /^too-big /);
    const settings = { enabled: true, allowLocal: true, timeoutSeconds: 60, certificateAuthorities: [authority] };
    const endless = new HttpsTransfer(new URL(`${origin}/endless`), settings, 1 << 20);
    let length = 0;
    await assert.rejects(
      async () => {
        for await (const chunk of endless.read()) length += chunk.length;
      },
      (error) => error instanceof FaultError && error.faults[0]?.tag === 'too-big',
    );
    assert.ok(length <= 1 << 20);
    const closed = origin.replace(/:\d+$/, ':1');
    assert.match(await refusal(read('/a.xml', closed)), /^operation-failed .*ECONNREFUSED/);
  });
});

describe('bugs', () => {
  it('are none in the log', () => assert.deepEqual(router.logged, []));
});
