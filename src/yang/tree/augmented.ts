/**
 * The tree of an `augment` statement as written, as yanglint prints it below a module: `uses` are not expanded,
 * deviations and other augments not applied. Its peculiarities are kept, so that the diagrams can be compared.
 */
import type { Statement } from '../statement/statement.ts';
import { statusMark, type TreeNode } from './line.ts';
import { ifFeatures, typeText } from './written.ts';

interface Around {
  readonly status: string | undefined;
  /** `rw`, `ro` or `-w`. */
  readonly flags: string;
  readonly keys: readonly string[];
}

const DATA = ['container', 'list', 'leaf', 'leaf-list', 'anydata', 'anyxml', 'choice', 'case', 'uses'];
/** Nodes that stand directly in a choice and get a case line of their own: all but lists, says libyang. */
const SHORTHANDS = ['container', 'leaf', 'leaf-list', 'anydata', 'anyxml', 'choice'];

/** The nodes that an augment adds. */
export function augmentedTree(augment: Statement): TreeNode[] {
  return childTrees(augment, { status: undefined, flags: 'rw', keys: [] }, false);
}

function childTrees(parent: Statement, around: Around, inChoice: boolean): TreeNode[] {
  const data = parent.children.filter(({ keyword }) => DATA.includes(keyword));
  const actions = parent.children.filter(({ keyword }) => keyword === 'action');
  const notifications = parent.children.filter(({ keyword }) => keyword === 'notification');
  return [...data, ...actions, ...notifications].map((statement) => {
    const tree = nodeTree(statement, around);
    return inChoice && SHORTHANDS.includes(statement.keyword) ? implicitCase(statement, tree) : tree;
  });
}

/** libyang gives it the mark of its node. */
function implicitCase(statement: Statement, only: TreeNode): TreeNode {
  return {
    ...only,
    flags: undefined,
    prefix: '',
    name: statement.argument ?? '',
    isChoiceOrCase: true,
    keys: [],
    type: undefined,
    ifFeatures: [],
    children: [only],
    isShorthand: true,
  };
}

function nodeTree(statement: Statement, around: Around): TreeNode {
  const { keyword } = statement;
  const status = argument(statement, 'status') ?? around.status;
  const config = argument(statement, 'config');
  const flags = around.flags === 'rw' && config === 'false' ? 'ro' : around.flags;
  const inside: Around = { status, flags, keys: keysOf(statement) };
  return {
    status: statusMark(status),
    flags: flagsOf(keyword, flags, around),
    prefix: '',
    name: statement.argument ?? keyword,
    isChoiceOrCase: keyword === 'choice' || keyword === 'case',
    mark: markOf(statement, around),
    keys: inside.keys,
    type: typeOf(statement),
    ifFeatures: ifFeatures(statement),
    children: childrenOf(statement, inside),
  };
}

function childrenOf(statement: Statement, inside: Around): TreeNode[] {
  if (statement.keyword === 'action') {
    const parts = statement.children.filter(({ keyword }) => keyword === 'input' || keyword === 'output');
    return parts.sort((a, b) => (a.keyword < b.keyword ? -1 : 1)).map((part) => operationPart(part, inside));
  }
  if (statement.keyword === 'uses') return [];
  const around = statement.keyword === 'notification' ? { ...inside, flags: 'ro-notification' } : inside;
  return childTrees(statement, around, statement.keyword === 'choice');
}

function operationPart(part: Statement, inside: Around): TreeNode {
  const isInput = part.keyword === 'input';
  return {
    status: statusMark(inside.status),
    flags: isInput ? '-w' : 'ro',
    prefix: '',
    name: part.keyword,
    isChoiceOrCase: false,
    mark: '',
    keys: [],
    type: undefined,
    ifFeatures: [],
    children: childTrees(part, { status: inside.status, flags: isInput ? '-w' : 'ro-output', keys: [] }, false),
  };
}

function flagsOf(keyword: string, flags: string, around: Around): string | undefined {
  const shown = flags.startsWith('ro') ? 'ro' : flags;
  switch (keyword) {
    case 'case':
      return undefined;
    case 'action':
      return '-x';
    case 'notification':
      return '-n';
    case 'uses':
      // Inside operations libyang shows what the nodes would be instead of `-u`.
      return around.flags === 'rw' || around.flags === 'ro' ? '-u' : shown;
    default:
      return shown;
  }
}

function markOf(statement: Statement, around: Around): TreeNode['mark'] {
  switch (statement.keyword) {
    case 'leaf':
      return isMandatory(statement) || around.keys.includes(statement.argument ?? '') ? '' : '?';
    case 'anydata':
    case 'anyxml':
    case 'choice':
      return isMandatory(statement) ? '' : '?';
    case 'list':
    case 'leaf-list':
      return '*';
    case 'container':
      return argument(statement, 'presence') === undefined ? '' : '!';
    default:
      return '';
  }
}

function typeOf(statement: Statement): string | undefined {
  if (statement.keyword === 'anydata' || statement.keyword === 'anyxml') return statement.keyword;
  return typeText(statement);
}

function isMandatory(statement: Statement): boolean {
  return argument(statement, 'mandatory') === 'true';
}

function keysOf(statement: Statement): string[] {
  const key = statement.keyword === 'list' ? argument(statement, 'key') : undefined;
  return key === undefined ? [] : key.trim().split(/\s+/);
}

function argument(statement: Statement, keyword: string): string | undefined {
  return statement.children.find((child) => child.keyword === keyword)?.argument;
}
