/** The rpcs of an appliance, as handlers of NETCONF. */
import { type SoftwareParts, softwareOperations } from '../features/software/operations.ts';
import type { RpcHandler } from '../northbound/netconf/rpc/handler.ts';

export function softwareHandlers(parts: SoftwareParts): readonly [string, RpcHandler][] {
  return softwareOperations(parts).map(([path, operation]) => [
    path,
    async ({ input }) => {
      const { output = [], ...rest } = await operation(input);
      return { kind: 'output', nodes: output, ...rest };
    },
  ]);
}
