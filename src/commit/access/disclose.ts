/**
 * Faults as their receiver may hear of them (RFC 8341 section 3.2.3: what is restricted is not exposed in errors): a
 * path ends at the last node that the receiver may read, and a message that speaks of something hidden is replaced.
 */
import type { KeySpace } from '../../datastore/key/key.ts';
import { asRow } from '../../datastore/row/shape.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import { type PathStep, parseInstancePath } from '../../yang/xpath/instance-identifier.ts';
import type { Decisions } from './access.ts';

const REPLACED = 'Something that depends on this, and that you may not read, does not allow it.';
/** RFC 7950 section 15. A model's own tag would say which of its constraints it was. */
const STANDARD_APP_TAGS: ReadonlySet<string> = new Set([
  'data-not-unique',
  'too-many-elements',
  'too-few-elements',
  'must-violation',
  'instance-required',
  'missing-choice',
]);

export function disclosed(faults: readonly Fault[], access: Decisions, keys: KeySpace): readonly Fault[] {
  const told = new Map<string, Fault>();
  for (const fault of faults) {
    const shown = disclose(fault, access, keys);
    // How many hidden nodes object is not told either.
    told.set(shown === fault ? `${told.size}` : JSON.stringify(shown), shown);
  }
  return [...told.values()];
}

function disclose(fault: Fault, access: Decisions, keys: KeySpace): Fault {
  // Access control words its faults for who hears them.
  if (fault.tag === 'access-denied') return fault;
  const isVisible = (path: string) => visiblePath(path, access, keys) === path;
  const path = fault.path === undefined ? undefined : visiblePath(fault.path, access, keys);
  const info = fault.info?.filter(({ isPath, value }) => !isPath || isVisible(value));
  const isWhole = path === fault.path && info?.length === fault.info?.length;
  if (isWhole && (fault.mentions ?? []).every(isVisible)) return fault;
  const { type, tag, appTag } = fault;
  return {
    type,
    tag,
    ...(appTag === undefined || !STANDARD_APP_TAGS.has(appTag) ? {} : { appTag }),
    ...(path === undefined ? {} : { path }),
    message: REPLACED,
    // Where the place is hidden, so is what is wrong there.
    ...(path === fault.path && info !== undefined && info.length > 0 ? { info } : {}),
  };
}

/** The path up to the last node that may be read with all above it; undefined where there is none. */
export function visiblePath(path: string, access: Decisions, keys: KeySpace): string | undefined {
  const steps = parseInstancePath(path);
  if (steps === undefined) return path;
  let children: ReadonlyMap<string, DataSchemaNode> | undefined = keys.schema.dataChildren;
  let key: RowKey = '';
  let shown: string | undefined;
  for (const step of steps) {
    const node: DataSchemaNode | undefined = children?.get(`${step.module}:${step.name}`);
    // Not data of this schema: the input of an rpc, which its caller knows.
    if (node === undefined) return path;
    const row = asRow(node);
    const parent = key;
    const below = row === undefined ? key : rowOf(keys, key, node, step);
    if (below === undefined) {
      // A list as a whole (RFC 7950 section 15.2).
      return access.readable(node) === 'deny' ? shown : path;
    }
    key = below;
    if (!access.read(node, key)) return shown;
    shown = row === undefined ? keys.path(parent, node) : keys.path(key);
    children = 'dataChildren' in node ? node.dataChildren : undefined;
  }
  return path;
}

function rowOf(keys: KeySpace, parent: RowKey, node: DataSchemaNode, step: PathStep): RowKey | undefined {
  const given = (name: string): string | undefined => {
    const found = step.predicates.find((one) => one.kind === 'key' && one.name === name);
    return found?.kind === 'key' ? found.value : undefined;
  };
  const values =
    node.kind === 'list'
      ? node.keys.map(({ name }) => given(name))
      : node.kind === 'leaf-list'
        ? step.predicates.flatMap((one) => (one.kind === 'value' ? [one.value] : []))
        : [];
  const row = asRow(node);
  if (row === undefined || values.includes(undefined)) return undefined;
  try {
    return keys.child(parent, row, values as string[]);
  } catch {
    return undefined; // without keys, or with one that is no value of its type
  }
}
