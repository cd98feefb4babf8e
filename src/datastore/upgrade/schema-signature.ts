import { createHash } from 'node:crypto';
import type { Schema } from '../../yang/schema/node.ts';

/** Changes with anything that the modules of a schema say, and with the features that are supported. */
export function schemaSignature(schema: Schema): string {
  const hash = createHash('sha256');
  for (const [name, module] of [...schema.modules].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { source, submodules, implemented, features } = module;
    const texts = [source, ...submodules.map((submodule) => submodule.source)];
    hash.update(JSON.stringify([name, implemented, [...features].sort(), texts]));
  }
  return hash.digest('hex');
}
