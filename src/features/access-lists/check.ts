/** What YANG does not say of access lists and of where they are set. */
import type { Change, RowChange } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import type { IpVersion } from '../address.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import type { AccessListModel, AttachmentDirection } from './model.ts';

/** The engine's limits: octets of a name, rules of a list. */
const MOST_NAME_OCTETS = 64;
const MOST_RULES = 65536;

const directions: readonly AttachmentDirection[] = ['ingress', 'egress'];

export function checkAccessLists(change: InterfaceChange, model: AccessListModel): readonly Fault[] {
  const { view } = change.after;
  const { keys } = model;
  const faults: Fault[] = [];
  const lists = new Set<string>();
  const places = new Set<string>();
  for (const row of change.change.rows) {
    if (row.node === model.ace) {
      lists.add(model.nameOf(row.key));
      checkEntry(row);
    }
    if (row.node === model.acl && row.after !== undefined) checkList(row, change.change);
    if (model.isAttachment(row.node)) places.add(model.interfaceOf(row.key));
  }
  // An interface that routes no more, or one version of IP less, cannot have what is set on it.
  for (const name of change.touched) places.add(name);
  for (const name of places) for (const direction of directions) checkPlace(name, direction);
  for (const name of lists) checkCount(name);
  return faults;

  function refuse(key: string, node: DataSchemaNode | undefined, message: string, mentions?: readonly string[]): void {
    const path = keys.path(key, node);
    faults.push({ type: 'application', tag: 'invalid-value', path, message, ...(mentions ? { mentions } : {}) });
  }

  function checkName(key: string): void {
    const octets = Buffer.byteLength(keys.last(key)?.keys[0] ?? '');
    if (octets <= MOST_NAME_OCTETS) return;
    refuse(key, undefined, `The name has ${octets} octets in UTF-8; at most ${MOST_NAME_OCTETS} are possible.`);
  }

  function checkList({ key, before, after }: RowChange, { after: view }: Change): void {
    checkName(key);
    if (before === undefined || after === undefined) return;
    // The family of a list that is set somewhere decides what it may be set on.
    if (model.versionIn(before) === model.versionIn(after)) return;
    for (const name of model.interfacesWith(view, model.nameOf(key))) places.add(name);
    for (const { key: entry, row } of view.entries(key, model.ace)) {
      checkEntry({ key: entry, node: model.ace, before: undefined, after: row });
    }
  }

  function checkEntry({ key, after }: RowChange): void {
    if (after === undefined) return;
    checkName(key);
    const version = model.version(view, model.nameOf(key));
    if (version === undefined) return;
    const upper = model.upperProtocol(after, version);
    const other: IpVersion = version === 4 ? 6 : 4;
    if (model.looksAt(after, other)) {
      refuse(key, undefined, `A list for IPv${version} does not look at IPv${other} headers.`);
    }
    const protocol = after.leaves.get(model.protocols[version]);
    if (upper !== undefined && protocol !== undefined && Number(protocol) !== upper) {
      refuse(
        key,
        model.protocols[version],
        `The header that the entry looks at is that of protocol ${upper}, not of ${protocol}.`,
      );
    }
    if (upper !== undefined && model.wantsFragments(after)) {
      refuse(key, model.fragments, 'Fragments after the first have no header of the upper layer.');
    }
  }

  function checkCount(name: string): void {
    let count = 0;
    for (const _ of view.entries(model.key(name), model.ace)) count += 1;
    if (count > MOST_RULES) refuse(model.key(name), undefined, `A list has at most ${MOST_RULES} entries.`);
  }

  /** One list for each version that is routed there. */
  function checkPlace(name: string, direction: AttachmentDirection): void {
    const taken = new Map<IpVersion, string>();
    for (const list of model.setsOf(view, name, direction)) {
      const version = model.version(view, list);
      if (version === undefined) continue;
      const key = keys.child(model.attachmentKey(name), model.sets[direction], [list]);
      const other = taken.get(version);
      if (other !== undefined) {
        const message = `${other} is the list for IPv${version} there: it is one for each version and direction.`;
        refuse(key, undefined, message);
      }
      taken.set(version, list);
      if (routes(name, version)) continue;
      refuse(key, undefined, `Interface ${name} does not route IPv${version}.`);
    }
  }

  function routes(name: string, version: IpVersion): boolean {
    const { ip } = change.after;
    return ip.family(view, name, version === 4 ? ip.ipv4 : ip.ipv6) !== undefined;
  }
}
