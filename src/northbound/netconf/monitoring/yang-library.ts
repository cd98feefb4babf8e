/** /yang-library and, for clients of the older form, /modules-state (RFC 8525). */
import { createHash } from 'node:crypto';
import type { PlainData } from '../../../yang/data/build.ts';
import type { Module, Schema } from '../../../yang/schema/node.ts';

export const YANG_LIBRARY = 'ietf-yang-library';

/** One module set for all datastores. */
const MODULE_SET = 'router';
const SCHEMA = 'router';

const DATASTORES = ['running', 'candidate', 'startup', 'intended', 'operational'];

const ids = new WeakMap<Schema, string>();

/** Changes exactly when what the library says does. */
export function contentId(schema: Schema): string {
  let id = ids.get(schema);
  if (id === undefined) {
    id = createHash('sha256')
      .update(JSON.stringify(content(schema)))
      .digest('hex')
      .slice(0, 32);
    ids.set(schema, id);
  }
  return id;
}

export function yangLibrary(schema: Schema): PlainData {
  return { ...content(schema), 'content-id': contentId(schema) };
}

function content(schema: Schema): PlainData {
  return {
    'module-set': [moduleSet(schema)],
    schema: [{ name: SCHEMA, 'module-set': [MODULE_SET] }],
    datastore: DATASTORES.map((name) => ({ name: `ietf-datastores:${name}`, schema: SCHEMA })),
  };
}

export function modulesState(schema: Schema): PlainData {
  return {
    'module-set-id': contentId(schema),
    module: modules(schema).map((module) => ({
      name: module.name,
      revision: module.revision,
      namespace: module.namespace,
      feature: [...module.features],
      deviation: module.deviatedBy.map((name) => ({ name, revision: schema.modules.get(name)?.revision ?? '' })),
      'conformance-type': module.implemented ? 'implement' : 'import',
      submodule: module.submodules.map(({ name, revision }) => ({ name, revision })),
    })),
  };
}

function moduleSet(schema: Schema): PlainData {
  const all = modules(schema);
  return {
    name: MODULE_SET,
    module: all
      .filter(({ implemented }) => implemented)
      .map((module) => ({
        ...described(module),
        feature: [...module.features].sort(),
        deviation: [...module.deviatedBy].sort(),
      })),
    'import-only-module': all
      .filter(({ implemented }) => !implemented)
      // The revision is a key here: empty where the module has none.
      .map((module) => ({ ...described(module), revision: module.revision })),
  };
}

function described({ name, revision, namespace, submodules }: Module): PlainData {
  return {
    name,
    revision: revision === '' ? undefined : revision,
    namespace,
    submodule: submodules.map((submodule) => ({
      name: submodule.name,
      revision: submodule.revision === '' ? undefined : submodule.revision,
    })),
  };
}

function modules(schema: Schema): readonly Module[] {
  return [...new Set(schema.modules.values())].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.revision < b.revision ? -1 : 1,
  );
}
