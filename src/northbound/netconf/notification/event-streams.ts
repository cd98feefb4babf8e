/** The event streams that the router has (RFC 5277 section 3.2.3, RFC 8639 section 2.1). */
import type { OperationNode } from '../../../yang/schema/node.ts';

export interface EventStream {
  readonly name: string;
  readonly description: string;
  /** Whether an event belongs to it. */
  carries(node: OperationNode): boolean;
}

export const NETCONF_STREAM = 'NETCONF';

/** Events of management itself: who came, who changed what. */
const MANAGEMENT: ReadonlySet<string> = new Set([
  'ietf-netconf-notifications',
  'ietf-yang-library',
  'nc-notifications',
]);

const streams: readonly EventStream[] = [
  { name: NETCONF_STREAM, description: 'All events of the router.', carries: () => true },
  {
    name: 'MANAGEMENT',
    description: 'Sessions, changes of the configuration and of the capabilities: who did what to the router.',
    carries: ({ module }) => MANAGEMENT.has(module.name),
  },
  {
    name: 'ROUTER',
    description: 'What happens to the traffic and the machine: all events but those of management.',
    carries: ({ module }) => !MANAGEMENT.has(module.name),
  },
];

export function eventStreams(): readonly EventStream[] {
  return streams;
}

export function eventStream(name: string): EventStream | undefined {
  return streams.find((stream) => stream.name === name);
}
