/** `must` and `when` statements to constraints (RFC 7950 sections 7.5.3 and 7.21.5). */
import type { Statement } from '../statement/statement.ts';
import { compileExpression } from '../xpath/compile.ts';
import type { Expression, XPathScope } from '../xpath/expression.ts';
import { child, type Definition, type LoadedModule, type Unit } from './module.ts';
import type { Constraint } from './node.ts';

/** Compiles each expression once for all nodes that a grouping makes of it in one namespace. */
export class ConstraintCompiler {
  private readonly scopes = new Map<Unit, Map<string, XPathScope>>();
  private readonly expressions = new Map<Statement, Map<string, Expression>>();

  /** @param namespace module of the node: names without a prefix are in it (RFC 7950 section 6.4.1) */
  must(property: Definition, namespace: LoadedModule): Constraint {
    const { statement } = property;
    const errorMessage = child(statement, 'error-message')?.argument;
    const errorAppTag = child(statement, 'error-app-tag')?.argument;
    return {
      expression: this.expression(property, namespace),
      ...(errorMessage === undefined ? {} : { errorMessage }),
      ...(errorAppTag === undefined ? {} : { errorAppTag }),
      context: 'self',
    };
  }

  when(property: Definition, namespace: LoadedModule, context: 'self' | 'parent'): Constraint {
    return { expression: this.expression(property, namespace), context };
  }

  expression({ statement, scope }: Definition, namespace: LoadedModule): Expression {
    let byModule = this.expressions.get(statement);
    if (!byModule) {
      byModule = new Map();
      this.expressions.set(statement, byModule);
    }
    let expression = byModule.get(namespace.name);
    if (!expression) {
      expression = compileExpression(statement.argument as string, this.scopeOf(scope.unit, namespace), statement);
      byModule.set(namespace.name, expression);
    }
    return expression;
  }

  private scopeOf(unit: Unit, namespace: LoadedModule): XPathScope {
    let byModule = this.scopes.get(unit);
    if (!byModule) {
      byModule = new Map();
      this.scopes.set(unit, byModule);
    }
    let scope = byModule.get(namespace.name);
    if (!scope) {
      scope = { moduleOf: (prefix) => unit.moduleOf(prefix)?.name, defaultModule: namespace.name };
      byModule.set(namespace.name, scope);
    }
    return scope;
  }
}
