/** Tree diagrams of modules (RFC 8340), byte for byte as `yanglint -f tree` of libyang 2.1 prints them. */

import type { Module, Schema, SchemaNode } from '../schema/node.ts';
import { rootStatement } from '../schema/written.ts';
import { augmentedTree } from './augmented.ts';
import { compiledTree } from './compiled.ts';
import { treeLines } from './line.ts';

/**
 * The diagram of a module's nodes, with what other modules add to them, then of its augments of other modules.
 * Throws a plain Error where the schema has no such module.
 */
export function printTree(schema: Schema, moduleName: string): string {
  const module = schema.modules.get(moduleName);
  if (!module) throw new Error(`the schema has no module "${moduleName}"`);
  const own = module.implemented ? schema.children.filter((node) => node.module === module) : [];
  const lines = [`module: ${module.name}`];
  const section = (nodes: readonly SchemaNode[], indent: string, title?: string): void => {
    if (nodes.length === 0) return;
    if (title !== undefined) lines.push('', `  ${title}:`);
    lines.push(
      ...treeLines(
        nodes.map((node) => compiledTree(node, module)),
        indent,
      ),
    );
  };
  section(
    own.filter(({ kind }) => kind !== 'rpc' && kind !== 'notification'),
    '  ',
  );
  lines.push(...augmentLines(rootStatement(module)));
  section(
    own.filter(({ kind }) => kind === 'rpc'),
    '    ',
    'rpcs',
  );
  section(
    own.filter(({ kind }) => kind === 'notification'),
    '    ',
    'notifications',
  );
  lines.push(...structureLines(schema, module));
  return `${lines.join('\n')}\n`;
}

/** `rc:yang-data` (RFC 8040) and `sx:structure` (RFC 8791). */
function structureLines(schema: Schema, module: Module): string[] {
  const lines: string[] = [];
  for (const structure of schema.structures.values()) {
    if (structure.module !== module) continue;
    const keyword = structure.origin.keyword.replace(/.*:/, '');
    const nodes = structure.children.map((node) => compiledTree(node, module, '--'));
    lines.push(...(lines.length === 0 ? [''] : []), `  ${keyword} ${structure.name}:`, ...treeLines(nodes, '    '));
  }
  return lines;
}

/** Augments of other modules; those of the own module are in its tree. */
function augmentLines(root: ReturnType<typeof rootStatement>): string[] {
  const prefix = root.children.find(({ keyword }) => keyword === 'prefix')?.argument ?? '';
  const lines: string[] = [];
  for (const statement of root.children) {
    const target = statement.argument ?? '';
    if (statement.keyword !== 'augment' || isOwn(target, prefix)) continue;
    if (lines.length === 0) lines.push('');
    lines.push(`  augment ${target}:`, ...treeLines(augmentedTree(statement), '    '));
  }
  return lines;
}

function isOwn(path: string, prefix: string): boolean {
  const [, first = ''] = path.split('/');
  const colon = first.indexOf(':');
  return colon < 0 || first.slice(0, colon) === prefix;
}
