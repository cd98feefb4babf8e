/** The errors of validation, as RFC 7950 section 15 says them. */
import type { Fault } from '../../yang/fault.ts';
import type { ChoiceNode, Constraint } from '../../yang/schema/node.ts';
import type { Type } from '../../yang/type/type.ts';
import { YANG_NAMESPACE } from '../edit/faults.ts';

/** Section 15.4, with the model's own words where it has some (section 7.5.4). */
export function mustViolated(path: string, { expression, errorAppTag, errorMessage }: Constraint): Fault {
  return {
    type: 'application',
    tag: 'operation-failed',
    appTag: errorAppTag ?? 'must-violation',
    path,
    message: errorMessage ?? `the condition "${expression.source}" does not hold`,
  };
}

/** Section 15.5. */
export function instanceRequired(path: string, value: string, type: Type): Fault {
  const leaf = type.leafref?.target;
  const holder = leaf?.kind === 'leaf' ? leaf.dataParent?.name : undefined;
  const message =
    leaf === undefined
      ? `what "${value}" refers to does not exist`
      : `there is no ${holder === undefined ? leaf.name : `${holder} whose ${leaf.name} is`} "${value}"`;
  return { type: 'application', tag: 'data-missing', appTag: 'instance-required', path, message };
}

/** RFC 6241 appendix A: "the operation requires the data to exist". */
export function mandatoryMissing(path: string, name: string): Fault {
  return { type: 'application', tag: 'data-missing', path, message: `${name} is mandatory and missing` };
}

/** Section 15.6; `path` is that of the element in which the choice is missing. */
export function choiceMissing(path: string, choice: ChoiceNode): Fault {
  return {
    type: 'application',
    tag: 'data-missing',
    appTag: 'missing-choice',
    path,
    message: `one of the cases of ${choice.name} is mandatory`,
    info: [{ name: 'missing-choice', value: choice.name, module: YANG_NAMESPACE }],
  };
}

/** Section 15.3. */
export function tooFew(path: string, least: number, found: number): Fault {
  return {
    type: 'application',
    tag: 'operation-failed',
    appTag: 'too-few-elements',
    path,
    message: `there must be at least ${least} entries, there are ${found}`,
  };
}

/** Section 15.2. */
export function tooMany(path: string, most: number): Fault {
  return {
    type: 'application',
    tag: 'operation-failed',
    appTag: 'too-many-elements',
    path,
    message: `there must be at most ${most} entries, there are more`,
  };
}

/** A node whose `when` does not hold (section 8.3.2). */
export function impossible(path: string, name: string, conditions: readonly Constraint[]): Fault {
  const sources = conditions.map(({ expression }) => `"${expression.source}"`).join(' and ');
  return {
    type: 'application',
    tag: 'unknown-element',
    path,
    message: `${name} exists only where ${sources}`,
    info: [{ name: 'bad-element', value: name }],
  };
}
