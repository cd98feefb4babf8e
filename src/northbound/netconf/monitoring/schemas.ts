/** The modules and submodules whose text the server hands out, each once. */
import type { Module, Schema } from '../../../yang/schema/node.ts';

export interface ServedSchema {
  readonly name: string;
  /** Empty where the module has none. */
  readonly revision: string;
  readonly namespace: string;
  readonly source: string;
}

const known = new WeakMap<Schema, readonly ServedSchema[]>();

export function servedSchemas(schema: Schema): readonly ServedSchema[] {
  let schemas = known.get(schema);
  if (schemas === undefined) {
    schemas = [...new Set(schema.modules.values())].flatMap(schemasOf);
    known.set(schema, schemas);
  }
  return schemas;
}

function schemasOf(module: Module): ServedSchema[] {
  const { namespace } = module;
  return [
    { name: module.name, revision: module.revision, namespace, source: module.source },
    ...module.submodules.map(({ name, revision, source }) => ({ name, revision, namespace, source })),
  ];
}
