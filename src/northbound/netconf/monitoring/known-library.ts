/**
 * What the server told its clients of itself when it ran last: another set of modules or other capabilities since then are
 * notified (yang-library-update of RFC 8525, netconf-capability-change of RFC 6470). While it runs neither changes.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { build, type PlainData } from '../../../yang/data/build.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import type { NotificationEvent } from '../notification/event.ts';
import { contentId } from './yang-library.ts';

export interface ServerIdentity {
  readonly contentId: string;
  readonly capabilities: readonly string[];
}

/**
 * Publishes what is another than the file says, and keeps what is now. Without a file, or with one that cannot be read,
 * nothing is known to have changed.
 */
export function tellChanges(
  schema: Schema,
  capabilities: readonly string[],
  file: string,
  publish: (event: NotificationEvent) => void,
): void {
  const now: ServerIdentity = { contentId: contentId(schema), capabilities };
  const before = readIdentity(file);
  if (before !== undefined) for (const event of changes(schema, before, now)) publish(event);
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(now)) return;
  writeFileSync(`${file}.new`, `${JSON.stringify(now)}\n`, { flush: true });
  renameSync(`${file}.new`, file);
}

function readIdentity(file: string): ServerIdentity | undefined {
  try {
    const { contentId, capabilities } = JSON.parse(readFileSync(file, 'utf8')) as Partial<ServerIdentity>;
    if (typeof contentId !== 'string' || !Array.isArray(capabilities)) return undefined;
    return { contentId, capabilities };
  } catch {
    return undefined;
  }
}

function* changes(schema: Schema, before: ServerIdentity, now: ServerIdentity): Iterable<NotificationEvent> {
  if (before.contentId !== now.contentId) {
    yield* event(schema, 'ietf-yang-library:yang-library-update', { 'content-id': now.contentId });
    // Its older form, for clients that read /modules-state.
    yield* event(schema, 'ietf-yang-library:yang-library-change', { 'module-set-id': now.contentId });
  }
  const difference = capabilityChange(before.capabilities, now.capabilities);
  if (difference !== undefined) {
    yield* event(schema, 'ietf-netconf-notifications:netconf-capability-change', {
      'changed-by': { server: '' },
      ...difference,
    });
  }
}

function* event(schema: Schema, name: string, content: PlainData): Iterable<NotificationEvent> {
  const node = schema.notifications.get(name);
  if (node !== undefined) yield { node, children: build(node, content), at: new Date() };
}

/** RFC 6470 section 2.2: of a capability with other parameters the new URI is told as modified. */
function capabilityChange(before: readonly string[], now: readonly string[]): PlainData | undefined {
  const base = (uri: string): string => uri.replace(/\?.*/, '');
  const added = now.filter((uri) => !before.includes(uri));
  const gone = before.filter((uri) => !now.includes(uri));
  if (added.length === 0 && gone.length === 0) return undefined;
  const isModified = (uri: string, others: readonly string[]): boolean =>
    others.some((other) => base(other) === base(uri));
  return {
    'added-capability': added.filter((uri) => !isModified(uri, gone)),
    'deleted-capability': gone.filter((uri) => !isModified(uri, added)),
    'modified-capability': added.filter((uri) => isModified(uri, gone)),
  };
}
