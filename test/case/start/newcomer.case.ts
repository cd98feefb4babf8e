import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNamespaces } from '../../../lab/host.ts';
import { run, until } from '../../../lab/run.ts';
import { isAlive } from '../../../src/platform/processes.ts';
import { placesOf, readRecord } from '../../../src/start/record.ts';
import type { Case, Figure } from '../../case.ts';

const repository = join(import.meta.dirname, '../../..');
const hugePages = (): string => readFileSync('/proc/sys/vm/nr_hugepages', 'latin1');
/** A start does not prefer the Node of this test: it has to find its own. */
const environment = {
  ...process.env,
  PATH: (process.env['PATH'] ?? '')
    .split(':')
    .filter((folder) => !folder.includes('node_modules'))
    .join(':'),
};

/** Must show (a) of the walking router, and what a newcomer is promised about start and end. */
const newcomer: Case = {
  id: 'newcomer',
  shows: 'a fresh clone starts, its hosts reach each other, stock clients configure it, and it ends without a trace',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-clone-'));
    const figures: Figure[] = [];
    const hugePagesBefore = hugePages();
    let started: ChildProcess | undefined;
    try {
      await run('git', ['clone', '--quiet', repository, `${folder}/sluice`]);
      const start = async (
        what: string,
        more: readonly string[] = [],
      ): Promise<{ child: ChildProcess; text: string }> => {
        const at = performance.now();
        const result = await npmStart(`${folder}/sluice`, ['--netconf', '127.0.0.1:0', ...more]);
        started = result.child;
        figures.push({ what, value: (performance.now() - at) / 1000, unit: 's' });
        return result;
      };
      const first = await start('npm start in a fresh clone, until it is ready');
      assert.match(first.text, /password \S{12,}/);
      const places = placesOf(`${folder}/sluice/state`);
      const { port } = JSON.parse(readFileSync(`${places.run}/netconf.json`, 'utf8')) as { port: number };

      for (const vlan of [10, 20]) {
        const host = `${places.namespacePrefix}site1-vlan${vlan}`;
        await run('ip', ['netns', 'exec', host, 'ping', '-n', '-c', '3', '-i', '0.2', '-W', '2', `10.0.${vlan}.2`]);
      }
      figures.push({ what: 'VLANs in which the sites reach each other', value: 2 });

      const passwordFile = `${places.state}/admin-password`;
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${folder}/key`]);
      const session = JSON.parse(
        await run('/usr/bin/python3', [
          join(repository, 'test/client/ncclient_session.py'),
          ...['127.0.0.1', String(port), 'admin', passwordFile, readFileSync(`${folder}/key.pub`, 'utf8')],
        ]),
      ) as { contact: boolean; interfacesUp: number; capabilities: string[]; error: unknown };
      assert.equal(session.contact, true);
      assert.equal(session.interfacesUp, 6);
      assert.deepEqual(session.error, { tag: 'unknown-element', type: 'application', path: '/sys:system' });
      figures.push({ what: 'interfaces up, seen by ncclient', value: session.interfacesUp });

      const ssh = [
        '-p',
        String(port),
        '-i',
        `${folder}/key`,
        '-o',
        'IdentitiesOnly=yes',
        '-o',
        'StrictHostKeyChecking=no',
      ];
      const hidden = ['-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', 'admin@127.0.0.1', '-s', 'netconf'];
      const reply = await run('ssh', [...ssh, ...hidden], { input: openSshSession });
      assert.match(reply, /<ok\/>[\s\S]*<location>Rack 7<\/location>[\s\S]*<ok\/>/);
      figures.push({ what: 'rpcs answered to OpenSSH', value: reply.match(/<\/rpc-reply>|<rpc-reply /g)?.length ?? 0 });

      await interrupt(started as ChildProcess | undefined);
      await noTrace(places.namespacePrefix, places.run, hugePagesBefore);
      assert.ok(existsSync(`${places.state}/datastore`));

      await start('the second start');
      const record = readRecord(places);
      assert.ok(record?.engine !== undefined && record.sluiced !== undefined);
      process.kill(record.starter.pid, 'SIGKILL');
      await until('the end of the start', 5000, () => !isAlive(record.starter) || undefined);
      const again = await start('a start after kill -9 of the one before');
      assert.match(again.text, /Clearing what an earlier start left behind/);
      for (const name of [record.engine, record.sluiced]) assert.ok(!isAlive(name));
      await interrupt(started as ChildProcess | undefined);
      await noTrace(places.namespacePrefix, places.run, hugePagesBefore);
      assert.ok(Number(figures.find(({ what }) => what === 'the second start')?.value) < 50);
      return figures;
    } finally {
      if (started?.exitCode === null) await interrupt(started as ChildProcess | undefined);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const openSshSession = [
  '<?xml version="1.0" encoding="UTF-8"?><hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>',
  '<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1"><edit-config><target><candidate/></target><config><system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><location>Rack 7</location></system></config></edit-config></rpc>',
  '<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="2"><commit/></rpc>',
  '<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="3"><get-config><source><running/></source><filter><system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><location/></system></filter></get-config></rpc>',
  '<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="4"><close-session/></rpc>',
  '',
].join(']]>]]>');

async function npmStart(folder: string, args: readonly string[]): Promise<{ child: ChildProcess; text: string }> {
  const child = spawn('npm', ['start', '--', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
    // A terminal sends Ctrl-C to the whole foreground group; so does interrupt().
    detached: true,
  });
  let text = '';
  await new Promise<void>((resolve, reject) => {
    const collect = (chunk: Buffer): void => {
      text += chunk.toString();
      if (text.includes('Ctrl-C stops it')) resolve();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.once('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${text}`)));
  });
  return { child, text };
}

async function interrupt(child: ChildProcess | undefined): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGINT');
  await ended;
}

/** npm may be gone before the start has taken everything down. */
async function noTrace(namespacePrefix: string, runFolder: string, hugePagesBefore: string): Promise<void> {
  await until('the end without a trace', 15_000, async () => {
    const namespaces = await findNamespaces(namespacePrefix);
    const processes = await run('pgrep', ['-f', runFolder]).catch(() => '');
    const clean =
      namespaces.length === 0 && processes === '' && !existsSync(runFolder) && hugePages() === hugePagesBefore;
    return clean || undefined;
  });
}

export const cases: readonly Case[] = [newcomer];
