/**
 * What the control plane costs on a whole router, its engine included. Measured at a client on the recovery socket, so without
 * SSH. A figure of the disk stands beside those of commits: each waits for LMDB's two flushes.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetconfClient } from '../../../src/northbound/netconf/client.ts';
import { type Figure, medianAndWorst } from '../../case.ts';
import { blockPoint, blockPoints, editConfig, interfaces, namespace, subInterface } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { flushes } from './flush.ts';

/** Sub-interfaces a port. */
const perPort = 4000;
const repeats = 21;

const ringPort = (name: string): string =>
  `<interface><name>${name}</name><type xmlns:t="${namespace.interfaceTypes}">t:ethernetCsmacd</type><port xmlns="${namespace.ports}"><ring>${name}</ring></port></interface>`;
const nth = (index: number): string => subInterface(`ring${Math.floor(index / perPort)}`, (index % perPort) + 1);
const oneFilter = `<filter type="xpath" xmlns:if="${namespace.interfaces}" select="/if:interfaces/if:interface[if:name='ring0.7']"/>`;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function times(of: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < of; index++) found.push(await timed(() => work(index)));
  return found;
}

/** Resident memory of sluiced in MiB. */
function memory(router: Router): number {
  const status = readFileSync(`/proc/${router.record().sluiced?.pid}/status`, 'utf8');
  return Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]) / 1024;
}

/** CPU time that sluiced has used, in milliseconds: less disturbed by what else the machine does. */
function cpuTime(router: Router): number {
  const fields = readFileSync(`/proc/${router.record().sluiced?.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ticks = Number(fields[11]) + Number(fields[12]); // utime, stime (proc_pid_stat(5) fields 14 and 15)
  return ticks * 10;
}

/** How long sluiced took to be ready, as the start prints it. */
function startTime(router: Router): number {
  return Number(/^ {2}sluiced\s+(\d+) ms$/m.exec(router.output)?.[1]);
}

async function measure(client: NetconfClient, router: Router, count: number): Promise<Figure[]> {
  const many = count.toLocaleString('en');
  const portCount = Math.ceil((count + repeats) / perPort);
  const edit = (...content: string[]): Promise<unknown> => client.rpc(editConfig('running', ...content));
  const oneBlock = (index: number): Promise<unknown> =>
    edit(blockPoints(blockPoint('ring0', 100, index % 2 === 0 ? 'merge' : 'remove')));
  const get = (operation: string): Promise<unknown> => client.rpc(operation);
  const figures: Figure[] = [];
  await edit(interfaces(...Array.from({ length: portCount }, (_, index) => ringPort(`ring${index}`))));
  figures.push(...medianAndWorst('one page written and flushed', flushes(router.places.state, repeats), 'ms'));
  figures.push(...medianAndWorst('edit: one block point', await times(repeats, oneBlock), 'ms'));
  const content = interfaces(...Array.from({ length: count }, (_, index) => nth(index)));
  const cpuBefore = cpuTime(router);
  figures.push({ what: `edit: ${many} sub-interfaces`, value: await timed(() => edit(content)), unit: 'ms' });
  figures.push({ what: `edit: ${many} sub-interfaces, CPU time`, value: cpuTime(router) - cpuBefore, unit: 'ms' });
  const onTop = await times(repeats, (index) => edit(interfaces(nth(count + index))));
  figures.push(...medianAndWorst(`edit: one more sub-interface with ${many} there`, onTop, 'ms'));
  const block = await times(repeats, oneBlock);
  figures.push(...medianAndWorst(`edit: one block point with ${many} there`, block, 'ms'));
  const config = await times(5, () => get('<get-config><source><running/></source></get-config>'));
  figures.push(...medianAndWorst(`get-config: all of ${many}`, config, 'ms'));
  const one = await times(repeats, () => get(`<get-config><source><running/></source>${oneFilter}</get-config>`));
  figures.push(...medianAndWorst(`get-config: one of ${many}`, one, 'ms'));
  const state = await times(5, () => get('<get/>'));
  figures.push(...medianAndWorst(`get: all state of ${many}`, state, 'ms'));
  const oneState = await times(repeats, () => get(`<get>${oneFilter}</get>`));
  figures.push(...medianAndWorst(`get: state of one of ${many}`, oneState, 'ms'));
  figures.push({ what: 'resident memory of sluiced', value: memory(router), unit: 'MiB' });
  return figures;
}

export async function routerFigures(count: number): Promise<readonly Figure[]> {
  const many = count.toLocaleString('en');
  const state = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const figures: Figure[] = [];
  try {
    let router = await Router.start({ state });
    try {
      figures.push({ what: 'sluiced ready: new state folder', value: startTime(router), unit: 'ms' });
      const client = await router.connect();
      figures.push(...(await measure(client, router, count)));
      await client.close();
    } finally {
      await router.stop();
    }
    router = await Router.start({ state });
    try {
      figures.push({ what: `sluiced ready: ${many} sub-interfaces`, value: startTime(router), unit: 'ms' });
      const started = performance.now();
      await router.kill('engine');
      const client = await router.connect();
      for (;;) {
        const reply = await client.rpc(`<get>${oneFilter}</get>`);
        if (reply.includes('<oper-status>up<')) break;
      }
      figures.push({
        what: `engine killed until ${many} are up again`,
        value: performance.now() - started,
        unit: 'ms',
      });
      await client.close();
    } finally {
      await router.stop();
    }
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
  return figures;
}
