/** The engine's fault alarms → the notification fault-alarm. */
import type { View } from '../../datastore/view/view.ts';
import { CfmEventKind, type Event } from '../../engine/gen/sluice_pb.js';
import { build } from '../../yang/data/build.ts';
import type { OperationNode, Schema } from '../../yang/schema/node.ts';
import { vlanOf } from '../block-points/model.ts';
import type { Publish } from '../notification.ts';
import type { CfmModel, MepId } from './model.ts';
import { defects, defectsText } from './words.ts';

const NOTIFICATION = 'sluice-cfm:fault-alarm';

export class FaultAlarms {
  readonly #node: OperationNode;
  readonly #model: CfmModel;
  readonly #running: () => View;
  readonly #publish: Publish;

  constructor(schema: Schema, model: CfmModel, running: () => View, publish: Publish) {
    const node = schema.notifications.get(NOTIFICATION);
    if (node === undefined) throw new Error(`the schema has no notification ${NOTIFICATION}`);
    this.#node = node;
    this.#model = model;
    this.#running = running;
    this.#publish = publish;
  }

  /** Takes an event of the engine; publishes before it returns. */
  onEvent(event: Event): void {
    if (event.what.case !== 'cfm' || event.what.value.kind !== CfmEventKind.CFM_FAULT_ALARM) return;
    const alarm = event.what.value;
    const id = this.#idOf(alarm.name);
    if (id === undefined) return;
    const children = build(this.#node, {
      'md-id': id.md,
      'ma-id': id.ma,
      'mep-id': id.mep,
      port: alarm.port,
      'vlan-id': vlanOf(alarm.vid),
      'mep-priority-defect': defects[alarm.highestDefect] ?? 'none',
      defects: defectsText(alarm.defects),
    });
    this.#publish({ node: this.#node, children, at: new Date() });
  }

  /** A name of the engine may be hashed, so it is looked for among all MEPs: alarms are rare. */
  #idOf(name: string): MepId | undefined {
    for (const key of this.#model.all(this.#running())) {
      const id = this.#model.idOf(key);
      if (this.#model.nameOf(id) === name) return id;
    }
    return undefined;
  }
}
