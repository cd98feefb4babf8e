/** What the engine itself says, asked over its socket as one more client beside sluiced. */
import { toJsonString } from '@bufbuild/protobuf';
import type { QueryWhat } from '../src/engine/client.ts';
import { Connection } from '../src/engine/connection.ts';
import { ApiVersion, OperationSchema, type QueryReply } from '../src/engine/gen/sluice_pb.js';
import type { Router } from './router.ts';

/** The objects that sluiced configured, one JSON text each, sorted. No counters, nothing learned. */
export async function engineObjects(router: Router): Promise<string[]> {
  const parts = await ask(router, { case: 'objects', value: {} });
  return parts.flatMap((part) => part.objects.map((object) => toJsonString(OperationSchema, object))).sort();
}

export interface EngineSummary {
  /** Random per start of the engine. */
  readonly instance: bigint;
  readonly transactions: bigint;
  /** Bridge domain, address, interface. */
  readonly learned: readonly string[];
  /** Since when the counters of each logical port count. */
  readonly countersSince: readonly string[];
}

export async function engineState(router: Router): Promise<EngineSummary> {
  const parts = [
    ...(await ask(router, { case: 'engine', value: {} })),
    ...(await ask(router, { case: 'fdb', value: {} })),
    ...(await ask(router, { case: 'logicalPorts', value: {} })),
  ];
  const engine = parts.find((part) => part.engine !== undefined)?.engine;
  if (engine === undefined) throw new Error('the engine did not say who it is');
  return {
    instance: engine.instance,
    transactions: engine.transactions,
    learned: parts
      .flatMap((part) => part.fdb)
      .map((entry) => `${entry.bridgeDomain} ${Buffer.from(entry.mac).toString('hex')} ${entry.logicalPort}`)
      .sort(),
    countersSince: parts
      .flatMap((part) => part.logicalPorts)
      .map((one) => `${one.name} ${one.countersSinceNs}`)
      .sort(),
  };
}

async function ask(router: Router, what: QueryWhat): Promise<QueryReply[]> {
  const connection = await Connection.open(router.places.engineSocket, {
    onEvent: () => undefined,
    onClose: () => undefined,
  });
  try {
    await connection.request({ case: 'hello', value: { major: ApiVersion.MAJOR, owner: 'test' } }, 5000);
    const parts: QueryReply[] = [];
    await connection.request({ case: 'query', value: { what, owner: 'sluiced' } }, 5000, (part) => {
      if (part.case === 'query') parts.push(part.value);
    });
    return parts;
  } finally {
    connection.close(new Error('asked'));
  }
}
