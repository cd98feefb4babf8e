/**
 * The short check: boots the newest image once and shows that it is a router. Its figures are of software emulation.
 *
 *   node images/qemu/check.ts [--uefi | --secure FILE] [--image FILE]
 *
 * --secure: UEFI with these variables, of a firmware that verifies; the kernel has to be locked down then, and the ports its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { deleteNamespaces, makeNamespaces } from '../../lab/host.ts';
import { run, until } from '../../lab/run.ts';
import {
  blockPoint,
  blockPoints,
  bridgeDomain,
  bridgeDomains,
  interfaces,
  subInterface,
} from '../../test/configuration.ts';
import { freePort, snmpConfiguration } from '../../test/snmp.ts';
import { newestImage, overlay } from './image.ts';
import { Machine, type MachinePort, machinePorts } from './machine.ts';
import { Netconf } from './netconf.ts';

const PYTHON = '/usr/bin/python3';
const FRAMES = 'images/qemu/frames.py';
/** With jobs beside it a boot takes several times as long as alone. */
const BOOT_MS = 600_000;

const { values } = parseArgs({
  options: { uefi: { type: 'boolean' }, secure: { type: 'string' }, image: { type: 'string' } },
});
const folder = mkdtempSync('/tmp/sluice-check-');
const ports = machinePorts('sluice-check', 'slc', 2);
const [left, right] = ports as [MachinePort, MachinePort];
let machine: Machine | undefined;
// Ended from outside: nothing stays behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => takeDown().then(() => process.exit(1)));
try {
  await makeNamespaces(ports.map(({ namespace }) => namespace));
  mkdirSync(`${folder}/drive`);
  writeFileSync(`${folder}/drive/password`, 'not a secret of anybody\n');
  if (values.secure !== undefined) copyFileSync(values.secure, `${folder}/variables.fd`);
  const disk = `${folder}/disk.qcow2`;
  await overlay(values.image ?? newestImage('qcow2'), disk, '4G');
  machine = await Machine.start({
    disk,
    format: 'qcow2',
    folder,
    firmware: values.secure !== undefined ? 'secure' : values.uefi ? 'uefi' : 'bios',
    ports,
    netconfPort: await freePort(),
    snmpPort: await freePort(),
    configDrive: `${folder}/drive`,
  });
  await check(machine);
  process.stdout.write('the image works\n');
} catch (error) {
  process.stderr.write(`${machine?.serial().slice(-6000) ?? ''}\n`);
  throw error;
} finally {
  await takeDown();
}

async function takeDown(): Promise<void> {
  await machine?.kill();
  await deleteNamespaces(ports.map(({ namespace }) => namespace));
  rmSync(folder, { recursive: true, force: true });
}

async function check(it: Machine): Promise<void> {
  const kernel = await it.says(/sluice-init: slot ([ab]), (\d+\.\d+) s after the kernel began/, BOOT_MS);
  const kernelStartedMs = performance.now() - Number(kernel[2]) * 1000;
  const cpuBefore = it.cpuSeconds();
  const told = (what: string): void => {
    const elapsed = ((performance.now() - kernelStartedMs) / 1000).toFixed(1);
    say(
      `${what}: ${elapsed} s after the kernel began, ${(it.cpuSeconds() - cpuBefore).toFixed(1)} s of processor (emulated)`,
    );
  };
  say(`kernel begins ${((kernelStartedMs - it.startedMs) / 1000).toFixed(1)} s after power-on`);
  await it.answers(BOOT_MS);
  told('SSH answers');
  const netconf = new Netconf(it.options.netconfPort, `${folder}/drive/password`);
  await netconf.get(
    '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name/></interface></interfaces>',
  );
  told('NETCONF answers');

  const names = ['p0s17', 'p0s18'] as const;
  if (values.secure !== undefined) {
    await it.says(/machine: lockdown: integrity/, BOOT_MS);
    for (const name of names) await it.says(new RegExp(`machine: port ${name}: \\S+ by af-xdp`), BOOT_MS);
    say('the kernel is locked down (integrity), the ports are by AF_XDP');
  }
  const members = [10, 20].map((vlan) =>
    bridgeDomain(
      `vlan${vlan}`,
      names.map((name) => `${name}.${vlan}`),
    ),
  );
  const subInterfaces = names.flatMap((name) => [10, 20].map((vlan) => subInterface(name, vlan)));
  const first = receive('first', right, 300);
  await first.ready;
  await netconf.edit(interfaces(...subInterfaces) + bridgeDomains(...members));
  told('two ports configured by ncclient');
  const sender = send(left, 10, 15_000);
  if ((await first.end) !== '') throw new Error('unexpected output of the receiver');
  sender.kill();
  told('first forwarded packet');

  await passes({ 10: true, 20: true });
  await netconf.edit(blockPoints(blockPoint(names[1], 10)));
  await passes({ 10: false, 20: true });
  say('a block point stops VLAN 10 and leaves VLAN 20');

  await netconf.edit(snmpConfiguration({ port: 161 }).replace('<ip>127.0.0.1</ip>', '<ip>0.0.0.0</ip>'));
  const asked = [
    '-v2c',
    '-c',
    'public',
    '-t',
    '5',
    '-r',
    '1',
    '-On',
    `127.0.0.1:${it.options.snmpPort}`,
    '1.3.6.1.2.1.1.1.0',
  ];
  const answer = await until('SNMP answers', 180_000, () => run('snmpget', asked).catch(() => undefined));
  if (!answer.includes('Sluice')) throw new Error(`SNMP says: ${answer}`);
  told(`SNMP says ${answer.trim().split(' = ')[1]}`);
}

/** Sends frames of both VLANs; throws where one comes that should not, or the reverse. */
async function passes(expected: Readonly<Record<number, boolean>>): Promise<void> {
  const receiver = receive('receive', right, 8);
  await receiver.ready;
  const senders = Object.keys(expected).map((vlan) => send(left, Number(vlan), 100));
  const seen = JSON.parse(await receiver.end) as Record<string, number>;
  for (const sender of senders) sender.kill();
  for (const [vlan, should] of Object.entries(expected)) {
    const count = seen[vlan] ?? 0;
    if (count > 0 !== should)
      throw new Error(`${count} frames of VLAN ${vlan} came, ${should ? 'some' : 'none'} should`);
  }
}

function receive(command: string, port: MachinePort, seconds: number) {
  const child = inNamespace(port.namespace, [PYTHON, FRAMES, command, port.device, String(seconds)]);
  let text = '';
  child.stdout?.on('data', (bytes) => {
    text += bytes;
  });
  const ready = until('the receiver is ready', 60_000, () => text.startsWith('ready\n'));
  const end = once(child, 'exit').then(([code]) => {
    if (code !== 0) throw new Error(`no frame came to ${port.device} within ${seconds} s`);
    return text.slice('ready\n'.length).trim();
  });
  end.catch(() => undefined);
  return { ready, end };
}

function send(port: MachinePort, vlan: number, count: number): ChildProcess {
  return inNamespace(port.namespace, [PYTHON, FRAMES, 'send', port.device, String(vlan), String(count)]);
}

function inNamespace(namespace: string, command: readonly string[]): ChildProcess {
  return spawn('ip', ['netns', 'exec', namespace, ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
}

function say(text: string): void {
  process.stdout.write(`[check] ${text}\n`);
}
