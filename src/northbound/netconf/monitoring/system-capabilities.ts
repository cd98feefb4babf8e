/** /system-capabilities (RFC 9196): which nodes can be subscribed to in which way. */
import type { PlainData } from '../../../yang/data/build.ts';
import type { DataSchemaNode } from '../../../yang/schema/node.ts';
import { isFollowed, OPERATIONAL, SUBSCRIBABLE } from '../notification/push/datastores.ts';
import type { OnChangeSupport } from '../notification/push/on-change-support.ts';
import { MINIMUM_PERIOD_MS } from '../notification/subscription/terms.ts';

export const SYSTEM_CAPABILITIES = '/ietf-system-capabilities:system-capabilities';

const CAPABILITIES = 'ietf-notification-capabilities:subscription-capabilities';
const ALL = 'config-changes state-changes';
const NONE = '';

export function systemCapabilities(support: OnChangeSupport): PlainData {
  return {
    [CAPABILITIES]: {
      'periodic-notifications-supported': ALL,
      'minimum-update-period': MINIMUM_PERIOD_MS / 10,
      'on-change-supported': ALL,
      'minimum-dampening-period': 0,
      'supported-excluded-change-type': ['all'],
    },
    'datastore-capabilities': SUBSCRIBABLE.map((datastore) => {
      return { datastore, 'per-node-capabilities': nodesOf(datastore, support) };
    }),
  };
}

/** The first entry that selects a node counts. */
function nodesOf(datastore: string, support: OnChangeSupport): PlainData[] {
  if (datastore !== OPERATIONAL) return [entry('/', isFollowed(datastore) ? 'config-changes' : NONE)];
  return [...support.untold().map((node) => entry(selectorOf(node), NONE)), entry('/', ALL)];
}

function entry(selector: string, onChange: string): PlainData {
  // What it does not say itself would be its default, not what holds for the system.
  const capabilities = { 'on-change-supported': onChange, 'supported-excluded-change-type': ['all'] };
  return { 'node-selector': selector, [CAPABILITIES]: capabilities };
}

/** Path with the module of each node. */
function selectorOf(node: DataSchemaNode): string {
  const above = node.dataParent;
  const path = above !== undefined && 'index' in above ? selectorOf(above) : '';
  return `${path}/${node.module.name}:${node.name}`;
}
