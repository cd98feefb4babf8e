/**
 * SNMP: the router's objects behind Debian's snmpd. Tables are read from the operational datastore, as NETCONF reads it;
 * notifications leave as soon as the event is known.
 */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import type { InterfaceNumbers } from '../../features/interfaces/state.ts';
import { type Oid, startsWith } from './agentx/oid.ts';
import type { MasterPdu } from './agentx/pdu.ts';
import { Subagent, type SubagentState } from './agentx/subagent.ts';
import { bridgeMib } from './mib/bridge-mib.ts';
import { ENT_CONFIG_CHANGE, entityMib } from './mib/entity-mib.ts';
import { ifMib, LINK_DOWN, LINK_UP, linkObjects, tellsLinkChanges } from './mib/if-mib.ts';
import { ipMib } from './mib/ip-mib.ts';
import { Mib, type MibSubtree } from './mib/objects.ts';
import { blockPointNotification, sluiceMib } from './mib/sluice-mib.ts';
import { type BlockPointRow, type CeMethodRow, readBlockPoints, readCeMethods } from './state/block-points.ts';
import { type BridgeDomainRow, readBridgeDomains } from './state/bridge-domains.ts';
import { InterfaceReader, type InterfaceRow, type ReadOperational } from './state/interfaces.ts';
import { type IpRows, type RouteRow, readIp, readRoutes } from './state/ip.ts';
import { Snapshot } from './state/snapshot.ts';

export interface SnmpServiceOptions {
  readonly keys: KeySpace;
  readonly read: ReadOperational;
  readonly running: () => View;
  readonly interfaceNumbers: InterfaceNumbers;
  /** Stable numbers of bridge domains. */
  readonly bridgeDomainNumbers: InterfaceNumbers;
  /** Where the master agent listens for subagents. */
  readonly agentxSocket: string;
  /** When the master agent started, milliseconds since 1970: where sysUpTime counts from. */
  readonly masterStartedMs: () => number;
  readonly product: {
    readonly description: string;
    readonly version: string;
    readonly machine: { readonly vendor: string; readonly model: string; readonly serial: string };
  };
  readonly log: (message: string) => void;
}

export interface BlockPointEvent {
  readonly port: string;
  /** 0: untagged. */
  readonly vid: number;
  readonly isBlocked: boolean;
  readonly cause: string;
}

/** How long a commit waits for an engine that it has started. */
const REGISTERED_MS = 3_000;
/** entConfigChange at most so often (RFC 6933 section 4). */
const CONFIG_CHANGE_MS = 5_000;

export class SnmpService {
  readonly #options: SnmpServiceOptions;
  readonly #subagent: Subagent;
  readonly #reader: InterfaceReader;
  readonly #interfaces: Snapshot<readonly InterfaceRow[]>;
  readonly #bridgeDomains: Snapshot<readonly BridgeDomainRow[]>;
  readonly #blockPoints: Snapshot<readonly BlockPointRow[]>;
  readonly #ceMethods: Snapshot<readonly CeMethodRow[]>;
  readonly #ip: Snapshot<IpRows>;
  readonly #routes: Snapshot<readonly RouteRow[]>;
  /** Which rows the objects below a prefix are made of. */
  readonly #sources: readonly { readonly prefix: Oid; readonly rows: readonly Snapshot<unknown>[] }[];
  #interfacesChangedMs: number | undefined;
  #configTold: NodeJS.Timeout | undefined;

  constructor(options: SnmpServiceOptions) {
    const { keys, read, running, interfaceNumbers, bridgeDomainNumbers, product } = options;
    this.#options = options;
    this.#reader = new InterfaceReader(keys, read, running, interfaceNumbers);
    this.#interfaces = new Snapshot<readonly InterfaceRow[]>([], () => this.#reader.all());
    this.#bridgeDomains = new Snapshot<readonly BridgeDomainRow[]>([], () =>
      readBridgeDomains(keys, read, bridgeDomainNumbers),
    );
    this.#blockPoints = new Snapshot<readonly BlockPointRow[]>([], () => readBlockPoints(keys, read));
    this.#ceMethods = new Snapshot<readonly CeMethodRow[]>([], () => readCeMethods(keys, read));
    this.#ip = new Snapshot<IpRows>({ addresses: [], neighbours: [] }, () => readIp(keys, read));
    this.#routes = new Snapshot<readonly RouteRow[]>([], () => readRoutes(keys, read));
    const interfaces = () => this.#interfaces.value;
    const upTime = { at: (ms: number | undefined) => this.#hundredthsAt(ms) };
    const changedMs = () => this.#interfacesChangedMs;
    const parts: readonly (readonly [readonly MibSubtree[], readonly Snapshot<unknown>[]])[] = [
      [ifMib({ interfaces, changedMs, upTime }), [this.#interfaces]],
      [
        entityMib({
          interfaces,
          changedMs,
          upTime,
          description: product.description,
          softwareRevision: product.version,
          machine: product.machine,
        }),
        [this.#interfaces],
      ],
      [
        ipMib({ interfaces, ip: () => this.#ip.value, routes: () => this.#routes.value }),
        [this.#interfaces, this.#ip, this.#routes],
      ],
      [
        bridgeMib({ interfaces, bridgeDomains: () => this.#bridgeDomains.value }),
        [this.#interfaces, this.#bridgeDomains],
      ],
      [
        sluiceMib({
          interfaces,
          blockPoints: () => this.#blockPoints.value,
          ceMethods: () => this.#ceMethods.value,
        }),
        [this.#interfaces, this.#blockPoints, this.#ceMethods],
      ],
    ];
    this.#sources = parts.flatMap(([subtrees, rows]) => subtrees.map(({ prefix }) => ({ prefix, rows })));
    this.#subagent = new Subagent({
      socketPath: options.agentxSocket,
      description: product.description,
      mib: new Mib(parts.flatMap(([subtrees]) => subtrees)),
      prepare: (pdu) => this.#prepare(pdu),
      upTime: () => this.#hundredthsAt(Date.now()),
      log: options.log,
    });
  }

  get state(): SubagentState {
    return this.#subagent.state;
  }

  start(): void {
    this.#subagent.start();
  }

  stop(): void {
    clearTimeout(this.#configTold);
    this.#subagent.stop();
  }

  /** A master agent has just been started: resolves when it answers for the router's objects, or late. */
  masterStarted(): Promise<void> {
    return this.#subagent.registered(REGISTERED_MS);
  }

  // ------------------------------------------------------------------------------------------------------ what happens

  /** Something was committed; `interfacesChanged`: interfaces came, went or were changed. */
  committed(interfacesChanged: boolean): void {
    this.#expire();
    if (!interfacesChanged) return;
    this.#interfacesChangedMs = Date.now();
    if (this.#configTold !== undefined) return;
    this.#configTold = setTimeout(() => {
      this.#configTold = undefined;
    }, CONFIG_CHANGE_MS).unref();
    this.#subagent.notify(ENT_CONFIG_CHANGE, []);
  }

  /** The link of a port went up or down. */
  async linkChanged(port: string): Promise<void> {
    this.#interfaces.expire();
    const [row] = await this.#reader.some([port]);
    if (row === undefined || !tellsLinkChanges(row)) return;
    this.#subagent.notify(row.operStatus === 'up' ? LINK_UP : LINK_DOWN, linkObjects(row));
  }

  async blockPointChanged(event: BlockPointEvent): Promise<void> {
    this.#blockPoints.expire();
    this.#ceMethods.expire();
    const known = this.#interfaces.value.find(({ name }) => name === event.port);
    const [row] = known === undefined ? await this.#reader.some([event.port]) : [known];
    if (row === undefined) return;
    const { trap, objects } = blockPointNotification({ ...event, interface: event.port, ifIndex: row.index });
    this.#subagent.notify(trap, objects);
  }

  /** The engine came or went: everything may be another. */
  engineChanged(): void {
    this.#expire();
  }

  #expire(): void {
    for (const rows of [
      this.#interfaces,
      this.#bridgeDomains,
      this.#blockPoints,
      this.#ceMethods,
      this.#ip,
      this.#routes,
    ]) {
      rows.expire();
    }
  }

  // ------------------------------------------------------------------------------------------------------ requests

  /** The rows that the request is about; a walk may go on into the next table. */
  #prepare(pdu: MasterPdu): Promise<void> | undefined {
    if (pdu.type !== 'get' && pdu.type !== 'getNext' && pdu.type !== 'getBulk') return undefined;
    const needed = new Set<Snapshot<unknown>>();
    for (const { start } of pdu.ranges) {
      for (const { prefix, rows } of this.#sources) {
        if (startsWith(start, prefix) || startsWith(prefix, start)) for (const each of rows) needed.add(each);
      }
    }
    const waits = [...needed].flatMap((each) => each.fresh() ?? []);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  #hundredthsAt(ms: number | undefined): number {
    return ms === undefined ? 0 : Math.max(0, (ms - this.#options.masterStartedMs()) / 10);
  }
}
