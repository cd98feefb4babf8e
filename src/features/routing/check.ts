/** What YANG does not say of static routes. */
import { notUnique } from '../../commit/edit/faults.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { LeafNode } from '../../yang/schema/node.ts';
import { addressBytes, isLinkLocal, networkOf, prefixBytes, prefixText } from '../address.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import { type NextHop, type RouteNodes, type RoutingModel, STATIC } from './model.ts';

/** The engine's limit (native/api/sluice.proto). */
const MOST_NEXT_HOPS = 64;

export function checkRouting(
  { change, after: { interfaces } }: InterfaceChange,
  model: RoutingModel,
): readonly Fault[] {
  const { after: view } = change;
  const { keys } = model;
  const faults: Fault[] = [];
  const listed = new Set<RowKey>();
  for (const { node, key, after: row } of change.rows) {
    if (row === undefined) continue;
    if (node === model.protocol) checkProtocol(key);
    for (const nodes of model.families) {
      if (node === nodes.route) {
        checkPrefix(key, nodes);
        checkHop(key, nodes.interface, nodes.gateway, model.parse(view, key, row, nodes).nextHops[0]);
        listed.add(key);
      }
      if (node === nodes.hop) {
        checkHop(key, nodes.hopInterface, nodes.hopGateway, model.hop(row, nodes));
        listed.add(keys.parentOf(key, nodes.hop));
      }
    }
  }
  // A list that lost its last entry is told by its row alone.
  for (const { node, key, after: row } of change.rows) {
    for (const nodes of model.families)
      if (node === nodes.hop && row === undefined) listed.add(keys.parentOf(key, nodes.hop));
  }
  for (const key of listed) checkCount(key);
  return faults;

  function refuse(key: RowKey, leaf: LeafNode | undefined, message: string): void {
    faults.push({ type: 'application', tag: 'invalid-value', path: keys.path(key, leaf), message });
  }

  function checkProtocol(key: RowKey): void {
    const [type, name] = keys.last(key)?.keys ?? [];
    const row = view.get(key);
    if (type !== STATIC || row === undefined) {
      refuse(key, model.type, 'The router knows control plane protocols of type ietf-routing:static.');
      return;
    }
    const vrf = model.vrfOf(row);
    const other = model.protocolOf(view, vrf);
    const others = [other, ...view.rowsWith(model.networkInstance, vrf)].filter(
      (one) => one !== undefined && one !== key,
    );
    const [first] = others;
    if (first === undefined) return;
    const message = `Network instance ${vrf} has a static protocol besides ${name}: one knows all of its static routes.`;
    faults.push(notUnique(keys.path(key), [keys.path(key, model.networkInstance), keys.path(first)], message));
  }

  function checkPrefix(key: RowKey, nodes: RouteNodes): void {
    const text = model.prefixOf(key, nodes);
    const { address, length } = prefixBytes(text);
    const canonical = prefixText({ address: networkOf(address, length), length });
    if (text !== canonical) refuse(key, nodes.destination, `The canonical form of this prefix is ${canonical}.`);
  }

  function checkHop(key: RowKey, interfaceLeaf: LeafNode, gatewayLeaf: LeafNode, hop: NextHop | undefined): void {
    if (hop?.gateway !== undefined) {
      const problem = gatewayProblem(hop);
      if (problem !== undefined) refuse(key, gatewayLeaf, problem);
    }
    const found = hop?.interface === undefined ? undefined : view.get(interfaces.key(hop.interface));
    const kind = found && interfaces.parse(hop?.interface ?? '', found).kind;
    if (kind === 'loopback') refuse(key, interfaceLeaf, 'A loopback leads nowhere.');
  }

  function checkCount(key: RowKey): void {
    const row = view.get(key);
    const nodes = model.families.find(({ route }) => route === keys.node(key));
    if (row === undefined || nodes === undefined) return;
    const { nextHops } = model.parse(view, key, row, nodes);
    if (nextHops.length === 0) refuse(key, undefined, 'The route has no next hop.');
    if (nextHops.length > MOST_NEXT_HOPS) refuse(key, undefined, `A route has at most ${MOST_NEXT_HOPS} next hops.`);
    if (nextHops.length > 1 || nextHops[0]?.special === undefined) {
      for (const hop of nextHops) {
        if (hop.interface === undefined && hop.gateway === undefined) {
          refuse(key, undefined, 'A next hop has an address, an interface, or both.');
        }
      }
    }
  }
}

function gatewayProblem({ gateway = '', interface: name }: NextHop): string | undefined {
  if (gateway.includes('%')) return 'The zone of an address is its outgoing-interface.';
  const bytes = addressBytes(gateway);
  const first = bytes[0] ?? 0;
  if (bytes.every((octet) => octet === 0)) return 'The unspecified address is that of no router.';
  if (bytes.length === 4 ? first >= 224 || first === 0 : first === 0xff) return 'This is the address of no router.';
  if (isLinkLocal(bytes) && name === undefined) return 'A link-local next hop needs an outgoing-interface.';
  return undefined;
}
