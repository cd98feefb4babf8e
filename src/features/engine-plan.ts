/**
 * Plans for the engine. Each object follows from the configuration by one pure function of a view and a name, so a plan
 * is: which objects can a change affect, and does their operation differ before and after? A replay asks the same
 * functions for all objects. So `plan(a, a)` is empty and a plan brings the engine to what a replay would.
 */
import { isDeepStrictEqual } from 'node:util';
import type { PlannedOperation } from '../commit/feature.ts';
import type { ObjectKind } from '../engine/gen/sluice_pb.js';
import type { EngineOperation, EnginePlannedOperation } from '../engine/operation.ts';
import { disturbance } from './disturbance.ts';

/** An object that the configuration asks for. */
export interface Wanted {
  /** The configuration that a refusal is reported at. */
  readonly path: string;
  readonly operation: EngineOperation;
}

/** Collects the operations on objects, each object once. */
export class EnginePlan {
  readonly operations: PlannedOperation[] = [];
  readonly #seen = new Set<string>();

  /**
   * Plans one object. `label` is for people ("logical port"); `before` and `after` say what each configuration asks for.
   */
  object(
    kind: ObjectKind,
    label: string,
    name: string,
    before: () => Wanted | undefined,
    after: () => Wanted | undefined,
  ): void {
    const old = before();
    const wanted = after();
    if (old === undefined && wanted === undefined) return;
    const id = `${kind}:${name}`;
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    if (wanted === undefined) {
      if (old === undefined) return;
      const operation: EngineOperation = { case: 'delete', value: { kind, name } };
      this.#add('delete', old.path, `${label} ${name}`, operation, old, wanted);
    } else if (old === undefined) {
      this.#add('create', wanted.path, `${label} ${name}`, wanted.operation, old, wanted);
    } else if (!isDeepStrictEqual(old.operation, wanted.operation)) {
      this.#add('change', wanted.path, `${label} ${name}`, wanted.operation, old, wanted);
    }
  }

  #add(
    action: 'create' | 'change' | 'delete',
    path: string,
    object: string,
    operation: EngineOperation,
    old: Wanted | undefined,
    wanted: Wanted | undefined,
  ): void {
    const planned: EnginePlannedOperation = {
      target: 'engine',
      path,
      action,
      summary: `${action} ${object}`,
      operation,
      disturbs: () => disturbance(old?.operation, wanted?.operation),
    };
    this.operations.push(planned);
  }
}
