/**
 * One transfer over https: bounded in time and size, with the server's certificate checked, no redirect followed, and,
 * unless configuration allows it, not towards the router itself.
 */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { BlockList, isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import type { HttpsSettings } from '../../../features/url/model.ts';
import { type ErrorTag, FaultError } from '../../../yang/fault.ts';
import { nameOf } from './location.ts';

/** Bytes of what is read; the answer to a PUT or DELETE may have this many before it is cut. */
const MAX_BYTES = 64 * 2 ** 20;
const MAX_ANSWER_BYTES = 64 * 1024;
/** What Debian's package ca-certificates keeps; without it those that Node knows are taken. */
const SYSTEM_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

/** The router itself and its links; IPv4 in IPv6 is looked up as IPv4. */
const local = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
] as const) {
  local.addSubnet(net, prefix, 'ipv4');
}
for (const [net, prefix] of [
  ['::', 127],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  local.addSubnet(net, prefix, 'ipv6');
}

export class HttpsTransfer {
  readonly #url: URL;
  readonly #settings: HttpsSettings;
  readonly #deadline: AbortSignal;
  /** Of what is read. */
  readonly #maxBytes: number;

  /** Throws `operation-not-supported` where https is off. */
  constructor(url: URL, settings: HttpsSettings, maxBytes: number = MAX_BYTES) {
    this.#url = url;
    this.#maxBytes = maxBytes;
    this.#settings = settings;
    this.#deadline = AbortSignal.timeout(settings.timeoutSeconds * 1000);
    if (!settings.enabled)
      throw this.#fault('operation-not-supported', 'https is off (/sluice-url:url-access/https/enabled)');
  }

  /** GET. */
  async *read(): AsyncGenerator<Buffer, void, void> {
    const request = await this.#request('GET', { accept: 'application/xml, text/xml;q=0.9, */*;q=0.1' });
    try {
      request.end();
      const answer = await this.#named(() => this.#answer(request));
      let length = 0;
      const chunks = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      for (;;) {
        const { done, value } = await this.#named(() => chunks.next());
        if (done) return;
        length += value.length;
        if (length > this.#maxBytes) throw this.#excess();
        yield value;
      }
    } finally {
      request.destroy();
    }
  }

  /** PUT. The pieces are made as fast as the server takes them. */
  async write(pieces: Iterable<string>): Promise<void> {
    const request = await this.#request('PUT', { 'content-type': 'application/xml; charset=utf-8' });
    try {
      await this.#named(async () => {
        const answer = this.#answer(request);
        // Heard when it is awaited below; until then a failure ends the writing.
        answer.catch(() => undefined);
        for (const piece of pieces) {
          if (request.destroyed) break;
          if (!request.write(piece)) await Promise.race([once(request, 'drain', { signal: this.#deadline }), answer]);
        }
        request.end();
        await drain(await answer);
      });
    } finally {
      request.destroy();
    }
  }

  /** DELETE. */
  async remove(): Promise<void> {
    const request = await this.#request('DELETE', {});
    try {
      request.end();
      await this.#named(async () => drain(await this.#answer(request)));
    } finally {
      request.destroy();
    }
  }

  async #request(method: string, headers: Readonly<Record<string, string>>): Promise<ClientRequest> {
    const { hostname, username, password } = this.#url;
    const host = hostname.replace(/^\[|\]$/g, '');
    const addresses = await this.#addressesOf(host);
    const { certificateAuthorities } = this.#settings;
    const options: RequestOptions = {
      method,
      headers: { 'user-agent': 'sluice', 'accept-encoding': 'identity', ...headers },
      agent: new Agent({ keepAlive: false }),
      ca: certificateAuthorities === undefined ? systemAuthorities() : [...certificateAuthorities],
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      maxHeaderSize: 16 * 1024,
      signal: this.#deadline,
      // The addresses that were looked at are those that are connected to, whatever the name says a moment later.
      lookup: (_name, { all }, found) => {
        const [first = { address: '', family: 4 }] = addresses;
        if (all === true) found(null, addresses);
        else found(null, first.address, first.family);
      },
    };
    if (username !== '') options.auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    const url = new URL(this.#url);
    url.username = '';
    url.password = '';
    const made = request(url, options);
    // Whoever waits for something hears of it; nobody else need, when the time is over after the end.
    made.on('error', () => undefined);
    return made;
  }

  async #addressesOf(host: string): Promise<{ address: string; family: number }[]> {
    const family = isIP(host);
    const found = await this.#named(async () =>
      family !== 0 ? [{ address: host, family }] : await Promise.race([lookup(host, { all: true }), this.#late()]),
    );
    if (this.#settings.allowLocal) return found;
    if (found.some(({ address }) => isLocal(address))) {
      throw this.#fault('access-denied', 'it leads to the router itself (/sluice-url:url-access/https/allow-local)');
    }
    return found;
  }

  async #late(): Promise<never> {
    if (!this.#deadline.aborted) await once(this.#deadline, 'abort');
    throw this.#deadline.reason;
  }

  /** The head of an answer that says yes. */
  async #answer(request: ClientRequest): Promise<IncomingMessage> {
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    answer.on('error', () => undefined);
    const { statusCode = 0 } = answer;
    if (Number(answer.headers['content-length'] ?? 0) > this.#maxBytes) throw this.#excess();
    if (statusCode >= 200 && statusCode < 300) return answer;
    if (statusCode >= 300 && statusCode < 400) throw this.#fault('operation-failed', 'redirects are not followed');
    if (statusCode === 404 || statusCode === 410) throw this.#fault('data-missing', `the server answers ${statusCode}`);
    throw this.#fault('operation-failed', `the server answers ${statusCode}`);
  }

  async #named<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof FaultError) throw error;
      if (this.#deadline.aborted) {
        throw this.#fault('operation-failed', `it takes longer than ${this.#settings.timeoutSeconds} seconds`);
      }
      const { code, message } = error as NodeJS.ErrnoException;
      throw this.#fault('operation-failed', code === undefined ? message : `${message} (${code})`);
    }
  }

  #excess(): FaultError {
    return this.#fault('too-big', `it is longer than ${this.#maxBytes} bytes`);
  }

  #fault(tag: ErrorTag, why: string): FaultError {
    const message = `${nameOf({ scheme: 'https', url: this.#url })}: ${why}`;
    return new FaultError({ type: 'application', tag, message });
  }
}

function isLocal(address: string): boolean {
  const mapped = /^::(?:ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return local.check(mapped, 'ipv4');
  return local.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Lets the answer come, and cuts it where it does not end. */
async function drain(answer: IncomingMessage): Promise<void> {
  let length = 0;
  for await (const chunk of answer) {
    length += (chunk as Buffer).length;
    if (length > MAX_ANSWER_BYTES) return;
  }
}

let authorities: readonly string[] | undefined;

function systemAuthorities(): string[] {
  if (authorities === undefined) {
    try {
      authorities = [readFileSync(SYSTEM_AUTHORITIES, 'utf8')];
    } catch {
      authorities = rootCertificates;
    }
  }
  return [...authorities];
}
