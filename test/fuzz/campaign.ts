/**
 * Runs cases against a server and judges: it lives and logs no bug; every sound rpc has exactly one reply, in order and in
 * time; what it sends is well-formed; a refused request leaves running as it was; what a user may not read never shows;
 * another session is answered meanwhile; memory does not grow.
 *
 * Cases come in epochs that begin with one configuration, so a case can be repeated by running its epoch up to it.
 */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connectUnix, type NetconfClient } from '../../src/northbound/netconf/client.ts';
import { routerSchema } from '../../src/sluiced/schema.ts';
import type { Schema } from '../../src/yang/schema/node.ts';
import { type FuzzCase, fuzzCase, type SessionCase, type TransportCase } from './case.ts';
import { Connection, openUnix, patienceMs, SshClient } from './connection.ts';
import { Vocabulary } from './operation.ts';
import type { ServerFigures } from './probe.ts';
import { baseConfiguration, guest, secret } from './scene.ts';
import { Target } from './target.ts';

export interface Finding {
  readonly seed: number;
  readonly case: number;
  /** Which promise was broken, and how. */
  readonly what: string;
  readonly details: string;
}

export interface CampaignReport {
  readonly cases: number;
  readonly rpcs: number;
  readonly refused: number;
  readonly findings: readonly Finding[];
  /** The longest that the other session waited for an answer. */
  readonly slowestWitnessMs: number;
  /** One for each epoch. */
  readonly memory: readonly ServerFigures[];
}

export interface CampaignOptions {
  readonly seed: number;
  /** First case; with `last`, the epoch of `last` up to it is run. */
  readonly first: number;
  readonly last: number;
  /** No case begins after it, in milliseconds of performance.now(). */
  readonly until?: number;
  readonly maxFindings: number;
  readonly progress?: (report: CampaignReport) => void;
}

export const epochLength = 50;
/** Epochs before memory is compared: code is compiled, tables grow to their size. */
const warmUpEpochs = 6;
/** What the heap may grow by after that, in bytes; the history of 1,000 commits is a part of it. */
const heapGrowth = 48 * 2 ** 20;
const maxRss = 1.5 * 2 ** 30;
/** What the router keeps open by itself: listeners, timers, control sessions. */
const resourceGrowth = 40;

const RUNNING = '<get-config><source><running/></source></get-config>';

export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const campaign = new Campaign(options, routerSchema([]));
  return await campaign.run();
}

class Campaign {
  readonly #options: CampaignOptions;
  readonly #vocabulary: Vocabulary;
  #scene: Scene | undefined;
  #cases = 0;
  #rpcs = 0;
  #refused = 0;
  #slowest = 0;
  readonly #findings: Finding[] = [];
  readonly #memory: ServerFigures[] = [];

  constructor(options: CampaignOptions, schema: Schema) {
    this.#options = options;
    this.#vocabulary = new Vocabulary(schema);
  }

  async run(): Promise<CampaignReport> {
    const { seed, first, last, until = Number.POSITIVE_INFINITY, maxFindings, progress } = this.#options;
    try {
      for (let number = first; number <= last && performance.now() < until; number++) {
        if (this.#findings.length >= maxFindings) break;
        const scene = this.#scene ?? (await this.#begin());
        try {
          if (number % epochLength === 0 && number > first) await this.#turn(scene, number - 1);
          await this.#one(scene, fuzzCase(this.#vocabulary, seed, number));
          this.#judge(scene, number);
        } catch (error) {
          await delay(200); // what the server says at its end
          const bugs = scene.target.bugs();
          const what = scene.target.isAlive ? messageOf(error) : 'the server ended';
          this.#found(
            number,
            what,
            `${bugs}\n${error instanceof Error ? error.stack : error}\n${told(fuzzCase(this.#vocabulary, seed, number))}`,
          );
          await this.#end();
        }
        this.#cases++;
        if (number % epochLength === epochLength - 1) progress?.(this.#report());
      }
      if (this.#scene !== undefined)
        await this.#turn(this.#scene, last).catch((error) => this.#found(last, messageOf(error), String(error)));
    } finally {
      await this.#end();
    }
    return this.#report();
  }

  #report(): CampaignReport {
    return {
      cases: this.#cases,
      rpcs: this.#rpcs,
      refused: this.#refused,
      findings: this.#findings,
      slowestWitnessMs: this.#slowest,
      memory: this.#memory,
    };
  }

  async #begin(): Promise<Scene> {
    const scene = await Scene.open();
    this.#scene = scene;
    this.#memory.length = 0;
    return scene;
  }

  async #end(): Promise<void> {
    const scene = this.#scene;
    this.#scene = undefined;
    if (scene === undefined) return;
    this.#slowest = Math.max(this.#slowest, scene.slowest);
    await scene.close();
  }

  #found(number: number, what: string, details: string): void {
    this.#findings.push({ seed: this.#options.seed, case: number, what, details });
  }

  /** After each case. */
  #judge(scene: Scene, number: number): void {
    this.#slowest = Math.max(this.#slowest, scene.slowest);
    const bugs = scene.target.bugs();
    if (bugs !== '') {
      const one = fuzzCase(this.#vocabulary, this.#options.seed, number);
      this.#found(number, `the log speaks of a bug: ${firstBug(bugs)}`, `${bugs}\n${told(one)}`);
    }
    if (scene.witnessFailure !== undefined) throw scene.witnessFailure;
  }

  /** From one epoch to the next: what is stored is whole and valid, memory is as it was, and all begins anew. */
  async #turn(scene: Scene, number: number): Promise<void> {
    await scene.check();
    const figures = await scene.target.figures();
    if (figures === undefined) throw new Error('the server does not answer its own process');
    this.#memory.push(figures);
    const base = this.#memory[warmUpEpochs];
    if (base !== undefined) {
      if (figures.heap - base.heap > heapGrowth) this.#leak(number, 'heap', base.heap, figures.heap);
      if (figures.rss > maxRss) this.#leak(number, 'resident memory', base.rss, figures.rss);
      if (figures.resources - base.resources > resourceGrowth) {
        this.#leak(number, 'sockets and timers', base.resources, figures.resources);
      }
    }
    await scene.reset();
  }

  #leak(number: number, what: string, before: number, now: number): void {
    this.#found(number, `${what} grew from ${before} to ${now}`, '');
    this.#memory.length = 0;
  }

  async #one(scene: Scene, one: FuzzCase): Promise<void> {
    if (one.kind === 'transport') return await sendNoise(scene.target.port, one);
    const stream = one.user === 'guest' ? await scene.guest.open() : await openUnix(scene.target.socket);
    const connection = new Connection(stream, one.isSound ? (one.chunked ? 'chunked' : 'end-of-message') : 'either');
    await connection.hello();
    await connection.send(one.hello);
    if (one.isSound) await this.#converse(scene, one, connection);
    else {
      for (const { bytes } of one.messages) await connection.send(bytes);
      await connection.close();
    }
    if (connection.wrong !== undefined) throw connection.wrong;
    if (one.user === 'guest' && connection.received.includes(secret) && (await scene.hidesSecrets())) {
      throw new Error(`what the user may not read was shown: ${around(connection.received, secret)}`);
    }
  }

  async #converse(scene: Scene, one: SessionCase, connection: Connection): Promise<void> {
    let before = await scene.running();
    if (one.isPipelined) for (const { bytes } of one.messages) await connection.send(bytes);
    for (const { id, text, bytes } of one.messages) {
      if (!one.isPipelined) await connection.send(bytes);
      const reply = await connection.reply();
      if (reply === undefined) throw new Error(`the session ended instead of answering: ${text}`);
      this.#rpcs++;
      if (reply.messageId !== id) throw new Error(`the reply to ${id} is for ${reply.messageId}: ${text}`);
      if (reply.isPositive && text.includes('<close-session')) break;
      if (!reply.isPositive) this.#refused++;
      // Nothing that follows such a message can be trusted. (malformed-message is of base:1.1.)
      const fatal = ['too-big', 'malformed-message', ...(one.chunked ? [] : ['operation-failed'])];
      if (reply.errors.some(({ type, tag }) => type === 'rpc' && fatal.includes(tag))) break;
      if (one.isPipelined) continue;
      const after = await scene.running();
      // Edits that keep what could be applied, and commits that undo themselves, change running by their nature.
      if (!reply.isPositive && after !== before && !/continue-on-error/.test(text) && !scene.mayRevert) {
        throw new Error(`a refused request changed running: ${text}\nbefore: ${before}\nafter: ${after}`);
      }
      if (reply.isPositive && /confirm|revert|rollback/.test(text)) scene.mayRevert = true;
      before = after;
    }
    if (connection.replies.length > 0) throw new Error('a reply that nobody asked for');
    await connection.close();
    if (connection.replies.length > 0) throw new Error('a reply that nobody asked for');
  }
}

/** The server of some epochs, with the sessions that watch it. */
class Scene {
  readonly target: Target;
  readonly guest: SshClient;
  /** Whether a commit may be undone by itself at any moment of this epoch. */
  mayRevert = false;
  witnessFailure: Error | undefined;
  slowest = 0;
  readonly #control: NetconfClient;
  readonly #witness: NetconfClient;
  readonly #base: string;
  #isOver = false;
  #watching: Promise<void> = Promise.resolve();

  private constructor(
    target: Target,
    guestClient: SshClient,
    control: NetconfClient,
    witness: NetconfClient,
    base: string,
  ) {
    this.target = target;
    this.guest = guestClient;
    this.#control = control;
    this.#witness = witness;
    this.#base = base;
  }

  static async open(): Promise<Scene> {
    const target = await Target.start(baseConfiguration());
    try {
      const [control, witness] = [await connectUnix(target.socket), await connectUnix(target.socket)];
      const client = await SshClient.connect(target.port, guest.name, guest.password);
      const scene = new Scene(target, client, control, witness, withoutEnvelope(await control.rpc(RUNNING)));
      scene.#watching = scene.#watch();
      return scene;
    } catch (error) {
      await target.stop();
      throw error;
    }
  }

  async running(): Promise<string> {
    return withoutEnvelope(await inTime(this.#control.rpc(RUNNING), 'get-config'));
  }

  /** Whether the rules that hide the secrets are as they were at the beginning. */
  async hidesSecrets(): Promise<boolean> {
    const rules = /<nacm .*<\/nacm>/s;
    return rules.exec(await this.running())?.[0] === rules.exec(this.#base)?.[0];
  }

  /** Running is valid, and what get-config says of it is accepted and changes nothing. */
  async check(): Promise<void> {
    await inTime(this.#control.rpc('<validate><source><running/></source></validate>'), 'validate of running');
    const running = await this.running();
    const data = /<data[^>]*?(?:\/>|>(.*)<\/data>)/s.exec(running)?.[1] ?? '';
    await this.#control.send('<discard-changes/>');
    await inTime(
      this.#control.rpc(
        `<edit-config><target><candidate/></target><default-operation>replace</default-operation><config>${data}</config></edit-config>`,
      ),
      'replace by what running says',
    );
    const candidate = withoutEnvelope(await this.#control.rpc(RUNNING.replaceAll('running', 'candidate')));
    if (candidate !== running) throw new Error(`what running says is not what it is:\n${running}\n${candidate}`);
    await this.#control.rpc('<discard-changes/>');
    await inTime(this.#control.rpc('<get/>'), 'get of everything');
    await this.#sessionsEnd();
  }

  async reset(): Promise<void> {
    this.mayRevert = false;
    for (const id of ['a', 'b', 'c', 'p1', 'guest', 'eth0', '']) {
      await this.#control.send(`<cancel-commit>${id === '' ? '' : `<persist-id>${id}</persist-id>`}</cancel-commit>`);
    }
    await this.#control.send('<discard-changes/>');
    const data = /<data[^>]*>(.*)<\/data>/s.exec(this.#base)?.[1] ?? '';
    await inTime(
      this.#control.rpc(
        `<edit-config><target><running/></target><default-operation>replace</default-operation><config>${data}</config></edit-config>`,
      ),
      'the reset',
    );
    await this.#control.rpc('<copy-config><target><startup/></target><source><running/></source></copy-config>');
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.guest.close();
    await this.target.stop();
    await this.#watching;
  }

  /** Asks again and again, and measures how long the answer takes. */
  async #watch(): Promise<void> {
    while (!this.#isOver) {
      const asked = performance.now();
      try {
        await inTime(
          this.#witness.rpc('<get-config><source><running/></source><filter><nothing/></filter></get-config>'),
          'the answer to another session',
        );
      } catch (error) {
        if (!this.#isOver) this.witnessFailure = error instanceof Error ? error : new Error(String(error));
        return;
      }
      this.slowest = Math.max(this.slowest, performance.now() - asked);
      await delay(50);
    }
  }

  /** All sessions but the two that watch are over. */
  async #sessionsEnd(): Promise<void> {
    const filter =
      '<netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><sessions/></netconf-state>';
    for (let tries = 0; ; tries++) {
      const reply = await this.#control.rpc(`<get><filter>${filter}</filter></get>`);
      const count = [...reply.matchAll(/<session>/g)].length;
      if (count === 2) return;
      if (tries === 50) throw new Error(`${count - 2} sessions did not end: ${reply}`);
      await delay(100);
    }
  }
}

async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  const timeout = new AbortController();
  const late = delay(patienceMs, undefined, { signal: timeout.signal }).then(
    (): never => {
      throw new Error(`${what} did not come in ${patienceMs / 1000} s`);
    },
    (): Promise<never> => new Promise(() => {}),
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    timeout.abort();
  }
}

/** Sends bytes, and waits until the other side has closed: after this side has, it has nothing to wait for. */
async function sendNoise(port: number, { bytes }: TransportCase): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  socket.resume();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  for (const piece of bytes) socket.write(piece);
  socket.end();
  await inTime(closed, 'the end of a connection');
}

function withoutEnvelope(reply: string): string {
  return reply.replace(/ message-id="\d+"/, '');
}

function around(text: string, part: string): string {
  const at = text.indexOf(part);
  return text.slice(Math.max(0, at - 300), at + 300);
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 400);
}

function firstBug(log: string): string {
  const line = log.split('\n').find((one) => /Error|bug/i.test(one)) ?? '';
  return line.replace(/^\S+Z /, '').slice(0, 200);
}

/** What a case sent, for people. */
function told(one: FuzzCase): string {
  if (one.kind === 'transport') return `bytes ${Buffer.concat(one.bytes).toString('base64')}`;
  const { user, chunked, isSound, isPipelined, messages } = one;
  const lines = messages.map(({ text, bytes }) =>
    isSound ? text : JSON.stringify(Buffer.concat(bytes).toString('latin1')),
  );
  return [`as ${JSON.stringify({ user, chunked, isSound, isPipelined })}:`, ...lines].join('\n');
}
