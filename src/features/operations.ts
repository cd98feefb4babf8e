/** Rpcs and actions that the features answer from what the engine says. */
import type { KeySpace } from '../datastore/key/key.ts';
import type { View } from '../datastore/view/view.ts';
import type { DataNode } from '../yang/data/node.ts';
import type { RpcNode } from '../yang/schema/node.ts';
import { cfmActions } from './cfm/actions.ts';
import { CfmModel } from './cfm/model.ts';
import type { EngineQueries } from './engine-state.ts';
import { InterfaceModel } from './interfaces/model.ts';
import { IpModel } from './ip/model.ts';
import { tracePacket } from './packet-engine/trace.ts';
import { ribActions } from './routing/actions.ts';

/** Gives the output. `target`: of an action, the instance path of the node that it is called on. */
export type Operation = (call: {
  readonly rpc: RpcNode;
  readonly target: string;
  readonly input: readonly DataNode[];
}) => Promise<readonly DataNode[]>;

/** By `module:rpc`; of actions by the path of the action's node. */
export function engineOperations(
  keys: KeySpace,
  engine: EngineQueries,
  running: () => View,
): readonly [string, Operation][] {
  const interfaces = new InterfaceModel(keys);
  return [
    ...ribActions(new IpModel(interfaces), engine, running),
    ...cfmActions(new CfmModel(keys), engine, running),
    tracePacket(interfaces, engine, running),
  ];
}
