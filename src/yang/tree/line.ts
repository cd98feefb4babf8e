/**
 * One node of a tree diagram (RFC 8340 section 2.6) and how it is written:
 *
 *   <status>--<flags> <name><opts> <type> <if-features>
 */
export interface TreeNode {
  readonly status: '+' | 'x' | 'o';
  /** `rw`, `ro`, `-w`, `-x`, `-n`, `-u`, or `--` in a notification; of a case: undefined. */
  readonly flags: string | undefined;
  /** Empty where the name needs none. */
  readonly prefix: string;
  readonly name: string;
  /** Choices and cases stand in parentheses. */
  readonly isChoiceOrCase: boolean;
  readonly mark: '' | '?' | '!' | '*';
  /** Key names of a list. */
  readonly keys: readonly string[];
  readonly type: string | undefined;
  readonly ifFeatures: readonly string[];
  readonly children: readonly TreeNode[];
  /** A case line that stands for its only child, which keeps the columns and the lines of its siblings' level. */
  readonly isShorthand?: boolean;
}

const GAP_BEFORE_TYPE = 3;

/** The lines of sibling nodes and of what is below them. */
export function* treeLines(nodes: readonly TreeNode[], indent: string): Generator<string> {
  const widest = nodes.reduce((most, node) => Math.max(most, columnWidth(node)), 0);
  for (const [index, node] of nodes.entries()) {
    const below = indent + (index === nodes.length - 1 ? '   ' : '|  ');
    yield indent + nodeLine(node, widest);
    const [only] = node.children;
    if (node.isShorthand && only) {
      yield below + nodeLine(only, widest);
      yield* treeLines(only.children, below + (index === nodes.length - 1 ? '   ' : '|  '));
    } else {
      yield* treeLines(node.children, below);
    }
  }
}

/** What a node asks of the name column: its name and a mark. Lists with keys have no type and ask nothing. */
function columnWidth(node: TreeNode): number {
  const [only] = node.children;
  if (node.isShorthand && only) return columnWidth(only);
  return node.keys.length > 0 ? 0 : nameWidth(node) + 1;
}

/** libyang does not count the colon after a prefix; neither do we, so that columns are the same. */
function nameWidth(node: TreeNode): number {
  return node.prefix.length + node.name.length + (node.isChoiceOrCase ? 2 : 0);
}

function nodeLine(node: TreeNode, widest: number): string {
  const full = node.prefix === '' ? node.name : `${node.prefix}:${node.name}`;
  const name = (node.isChoiceOrCase ? `(${full})` : full) + node.mark;
  let line = `${node.status}--${node.flags === undefined ? ':' : `${node.flags} `}${name}`;
  if (node.keys.length > 0) line += ` [${node.keys.join(' ')}]`;
  if (node.type !== undefined) {
    const gap = widest - nameWidth(node) - node.mark.length + GAP_BEFORE_TYPE;
    line += ' '.repeat(gap) + node.type;
  }
  if (node.ifFeatures.length > 0) line += ` {${node.ifFeatures.join(',')}}?`;
  return line;
}

export function statusMark(status: string | undefined): TreeNode['status'] {
  return status === 'deprecated' ? 'x' : status === 'obsolete' ? 'o' : '+';
}
