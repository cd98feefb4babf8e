/** A view as sorted text, to compare. */
import type { StoreView } from '../view/source.ts';

export function dump(view: StoreView): string[] {
  const lines: string[] = [];
  const root = view.get('');
  if (root !== undefined) lines.push('/');
  for (const { key, row } of view.subtree('')) {
    const columns = [...row.leaves].map(([leaf, value]) => `${leaf.name}=${value}`).sort();
    lines.push([view.keys.path(key).replace('/sluice-store-test:', '/'), ...columns].join(' '));
  }
  return lines;
}
