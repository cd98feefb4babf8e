/** SNMP, wired: the master agent, the subagent with the router's objects, and what makes them tell something. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Datastores } from '../commit/datastores.ts';
import type { KeySpace } from '../datastore/key/key.ts';
import type { View } from '../datastore/view/view.ts';
import type { EngineClient } from '../engine/client.ts';
import type { Event } from '../engine/gen/sluice_pb.js';
import { causes } from '../features/block-points/state.ts';
import type { InterfaceNumbers } from '../features/interfaces/state.ts';
import type { SnmpStates } from '../features/snmp/state.ts';
import { oidText } from '../northbound/snmp/agentx/oid.ts';
import { PRODUCT } from '../northbound/snmp/mib/sluice-mib.ts';
import { SnmpService } from '../northbound/snmp/service.ts';
import { IfIndexes } from '../platform/if-index.ts';
import { EngineIdentity } from '../platform/snmpd/engine.ts';
import { SnmpMaster } from '../platform/snmpd/master.ts';

const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
).version;
const BULK_MODULE = fileURLToPath(new URL('../../build/native/snmpd/agentx_bulk.so', import.meta.url));
const INTERFACES = '/ietf-interfaces:interfaces';

export class Snmp implements SnmpStates {
  readonly master: SnmpMaster;
  #service: SnmpService | undefined;
  readonly #stateFolder: string;
  readonly #interfaceNumbers: InterfaceNumbers;
  readonly #log: (message: string) => void;
  readonly #description = `Sluice ${VERSION}, router on ${hostname()}`;

  constructor(stateFolder: string, interfaceNumbers: InterfaceNumbers, log: (message: string) => void) {
    this.#stateFolder = stateFolder;
    this.#interfaceNumbers = interfaceNumbers;
    this.#log = log;
    this.master = new SnmpMaster({
      stateFolder: `${stateFolder}/snmp`,
      identity: { description: this.#description, objectId: oidText(PRODUCT) },
      engine: EngineIdentity.open(`${stateFolder}/snmp/engine.json`),
      bulkModule: BULK_MODULE,
      started: async () => await this.#service?.masterStarted(),
      log,
    });
  }

  engine() {
    return this.master.state;
  }

  subagent() {
    return this.#service?.state ?? { requests: 0, notificationsSent: 0, notificationsDropped: 0 };
  }

  start(keys: KeySpace, datastores: Datastores, running: () => View, engine: EngineClient): void {
    const service = new SnmpService({
      keys,
      read: (interests) => datastores.readOperational(interests),
      running,
      interfaceNumbers: this.#interfaceNumbers,
      bridgeDomainNumbers: IfIndexes.load(`${this.#stateFolder}/bridge-domain-index`),
      agentxSocket: this.master.agentxSocket,
      masterStartedMs: () => this.master.startedMs,
      product: { description: this.#description, version: VERSION, machine: machine() },
      log: this.#log,
    });
    this.#service = service;
    const interfaces = keys.child('', containerOf(keys));
    datastores.onCommit((_record, { rows }) => service.committed(rows.some(({ key }) => key.startsWith(interfaces))));
    engine.onEvent((event) => this.#onEvent(service, event));
    engine.onReplay(() => service.engineChanged());
    engine.onLoss(() => service.engineChanged());
    service.start();
  }

  async close(): Promise<void> {
    this.#service?.stop();
    await this.master.close();
  }

  #onEvent(service: SnmpService, { what }: Event): void {
    const failed = (error: unknown): void => this.#log(`a trap could not be made: ${error}`);
    if (what.case === 'link') service.linkChanged(what.value.port).catch(failed);
    if (what.case === 'blockPoint') {
      const { port, vid, blocked, cause } = what.value;
      service.blockPointChanged({ port, vid, isBlocked: blocked, cause: causes.get(cause) ?? '' }).catch(failed);
    }
    if (what.case === 'lost') service.engineChanged();
  }
}

function containerOf(keys: KeySpace) {
  const node = keys.schema.find(INTERFACES);
  if (node?.kind !== 'container') throw new Error(`the schema has no ${INTERFACES}`);
  return node;
}

/** What the firmware says of the machine; empty where it says nothing. */
function machine() {
  const read = (name: string): string => {
    try {
      return readFileSync(`/sys/class/dmi/id/${name}`, 'utf8').trim();
    } catch {
      return '';
    }
  };
  return { vendor: read('sys_vendor'), model: read('product_name'), serial: read('product_serial') };
}
