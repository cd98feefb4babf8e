/** Subscriptions to changes of the operational datastore (RFC 8641), as a NETCONF client has them. */
import type { NetconfClient } from '../src/northbound/netconf/client.ts';

/** `filter`: elements of a subtree filter. */
export function onChangeSubscription(filter: string): string {
  return `<establish-subscription xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"><datastore xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">ds:operational</datastore><datastore-subtree-filter xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push">${filter}</datastore-subtree-filter><on-change xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"/></establish-subscription>`;
}

/** Reads notifications until the edits so far have this one, and gives it with its value. */
export async function pushedEdit(
  client: NetconfClient,
  operation: string,
  target: string,
  value: RegExp = /./,
): Promise<string> {
  for await (const { xml } of client.notifications()) {
    for (const [, one = ''] of xml.matchAll(/<edit>(.*?)<\/edit>/g)) {
      if (one.includes(`<operation>${operation}</operation><target>${target}</target>`) && value.test(one)) return one;
    }
  }
  throw new Error(`the session ended before ${operation} ${target}`);
}
