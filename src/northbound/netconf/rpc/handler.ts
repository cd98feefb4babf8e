/** What answers an rpc or an action, and with what. */
import type { Decisions, Principal } from '../../../commit/access/access.ts';
import type { XmlWriter } from '../../../yang/codec/xml-writer.ts';
import type { DataNode } from '../../../yang/data/node.ts';
import type { RpcNode } from '../../../yang/schema/node.ts';
import type { Filter } from '../filter/filter.ts';

/** The session that asks, as far as handlers need to know it. */
export interface Caller {
  readonly sessionId: number;
  readonly principal: Principal;
  /** The session has a candidate of its own (draft-ietf-netconf-privcand). */
  readonly ownCandidate: boolean;
}

export interface Call {
  readonly caller: Caller;
  /** The caller's rights, fixed for this call. */
  readonly decisions: Decisions;
  readonly rpc: RpcNode;
  /** Checked against the schema. `config` and `filter` are without content here: see the next two. */
  readonly input: readonly DataNode[];
  /** Content of the `config` parameter, read against the configuration's schema. */
  readonly config: readonly DataNode[] | undefined;
  /** The `filter` parameter. */
  readonly filter: Filter | undefined;
  /** Of an action: the instance path of the node that it is called on. */
  readonly target?: string;
}

/**
 * Writes a reply's content piece by piece; it may be held up after each step for as long as the client reads slowly.
 * Whatever it holds is released when it returns, which also happens early.
 */
export type Content = Generator<void, void, void>;

export type Reply = (
  | { readonly kind: 'ok' }
  | { readonly kind: 'output'; readonly nodes: readonly DataNode[] }
  | { readonly kind: 'stream'; write(writer: XmlWriter): Content }
) & {
  /** Done once the reply is sent. */
  readonly after?: () => void;
};

export type RpcHandler = (call: Call) => Promise<Reply> | Reply;

export const OK: Reply = { kind: 'ok' };

/** Handlers by `module:rpc`; of actions by the path of the action's node. */
export type RpcHandlers = ReadonlyMap<string, RpcHandler>;
