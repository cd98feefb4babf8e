/** What tests of notifications share. */
import assert from 'node:assert/strict';
import { build, type PlainData } from '../../../yang/data/build.ts';
import type { NetconfClient } from '../client.ts';
import { routerSchema, type TestServer } from '../testing/server.ts';

export const BLOCK_POINTS = 'xmlns="urn:sluice:yang:sluice-block-points"';

export function createSubscription(parameters = ''): string {
  return `<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0">${parameters}</create-subscription>`;
}

/** Publishes block-point-change with this VLAN, as of now. */
export function publishBlockPoint(router: TestServer, vlan: number, more: PlainData = {}): void {
  const node = routerSchema().notifications.get('sluice-block-points:block-point-change');
  assert.ok(node);
  router.server.publish({ node, children: build(node, { port: 'p', 'vlan-id': vlan, ...more }), at: new Date() });
}

/** The next notifications. */
export async function next(subscriber: NetconfClient, count = 1): Promise<string[]> {
  const texts: string[] = [];
  for await (const { xml } of subscriber.notifications()) {
    texts.push(xml);
    if (texts.length === count) break;
  }
  return texts;
}

/** Notifications up to the first that the pattern finds, which is the last given. */
export async function until(subscriber: NetconfClient, pattern: RegExp): Promise<string[]> {
  const texts: string[] = [];
  for await (const { xml } of subscriber.notifications()) {
    texts.push(xml);
    if (pattern.test(xml)) return texts;
  }
  throw new Error(`the session ended before ${pattern}`);
}

/** Text of the first element of the name. */
export function textOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)<`).exec(xml)?.[1];
}

const SN = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"';

/** `<establish-subscription>`, and the like; the parameters are in RFC 8639's namespace, prefix yp is RFC 8641's. */
export function subscriptionRpc(name: string, parameters: string): string {
  return `<${name} ${SN} xmlns:yp="urn:ietf:params:xml:ns:yang:ietf-yang-push" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">${parameters}</${name}>`;
}

/** Establishes a subscription; its id. */
export async function establish(subscriber: NetconfClient, parameters: string): Promise<number> {
  return Number(textOf(await subscriber.rpc(subscriptionRpc('establish-subscription', parameters)), 'id'));
}

/** Error-tag and error-app-tag of a request that is refused. */
export async function refusal(client: NetconfClient, operation: string): Promise<string> {
  const reply = await client.send(operation);
  assert.match(reply, /<rpc-error>/);
  return [textOf(reply, 'error-tag'), textOf(reply, 'error-app-tag')].filter((part) => part !== undefined).join(' ');
}
