/** A host of the lab: a network namespace with one untagged interface. */
import { type ChildProcess, spawn } from 'node:child_process';
import { ipBatch, run } from './run.ts';

export interface Host {
  readonly namespace: string;
  readonly address: string;
  /** Fixed, so that neighbours can be entered by hand and a host can stay silent. */
  readonly mac: string;
}

export const hostInterface = 'eth0';

/** Makes the namespaces, with loopback up. */
export async function makeNamespaces(names: readonly string[]): Promise<void> {
  await ipBatch(names.map((name) => `netns add ${name}`));
  await Promise.all(names.map((name) => ipBatch(['link set lo up'], name)));
}

/** Ends what still runs in the namespaces, then deletes them; their interfaces go with them. */
export async function deleteNamespaces(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const pids = (await run('ip', ['netns', 'pids', name]).catch(() => '')).split('\n').filter(Boolean).map(Number);
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
  }
  for (const name of names) await run('ip', ['netns', 'delete', name]).catch(() => undefined);
}

/** Names of existing namespaces that begin with the prefix. */
export async function findNamespaces(prefix: string): Promise<string[]> {
  const lines = (await run('ip', ['netns', 'list'])).split('\n');
  return lines.map((line) => line.split(' ')[0] ?? '').filter((name) => name.startsWith(prefix));
}

/**
 * Joins a host to a device in another namespace by a veth pair and gives it its address. Checksums are computed in
 * software: a packet engine sees frames as they would be on a cable.
 */
export async function attachHost(host: Host, peer: { namespace: string; device: string }): Promise<void> {
  await ipBatch([
    `link add ${hostInterface} netns ${host.namespace} address ${host.mac} type veth peer name ${peer.device} netns ${peer.namespace}`,
  ]);
  await Promise.all([
    plainDevice(host.namespace, hostInterface),
    plainDevice(peer.namespace, peer.device),
    ipBatch([`address add ${host.address}/24 dev ${hostInterface}`, `link set ${hostInterface} up`], host.namespace),
    ipBatch([`link set ${peer.device} up`], peer.namespace),
  ]);
}

/** A cable from a device here, which whoever takes it puts up, to one of a namespace. Both carry only what somebody sends. */
export async function cable(device: string, namespace: string, far: string): Promise<void> {
  await ipBatch([`link add ${device} type veth peer name ${far} netns ${namespace}`]);
  await plainDevice(undefined, device);
  await plainDevice(namespace, far);
  await ipBatch([`link set dev ${far} up`], namespace);
}

/** No offloads, no IPv6 chatter: the device carries only what somebody sends. */
export async function plainDevice(namespace: string | undefined, device: string): Promise<void> {
  const script = `echo 1 >/proc/sys/net/ipv6/conf/${device}/disable_ipv6
    ethtool -K ${device} tx off rx off tso off gso off gro off rxvlan off txvlan off >/dev/null`;
  if (namespace === undefined) await run('sh', ['-c', script]);
  else await run('ip', ['netns', 'exec', namespace, 'sh', '-c', script]);
}

/** Enters neighbours by hand, so that no ARP is needed and a silent host stays silent. */
export async function knowNeighbours(host: Host, neighbours: readonly Host[]): Promise<void> {
  await ipBatch(
    neighbours.map(
      (other) => `neighbour replace ${other.address} lladdr ${other.mac} nud permanent dev ${hostInterface}`,
    ),
    host.namespace,
  );
}

/** Starts a program in a namespace. The caller ends it. */
export function spawnIn(namespace: string, program: string, args: readonly string[]): ChildProcess {
  return spawn('ip', ['netns', 'exec', namespace, program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}
