/** What is to be said of the stored configuration (sluice-datastore), and the log lines of a start. */
import { PlainState } from '../../commit/operational/plain-state.ts';
import type { StateProvider } from '../../commit/operational/state.ts';
import type { Store } from '../../datastore/store.ts';
import type { UnfitReport } from '../../datastore/upgrade/unfit.ts';
import type { Violations } from './violations.ts';

/** Lines of one report in the log. */
const logged = 20;

export function storedConfigurationState(store: Store, violations: Violations): StateProvider {
  return new PlainState(store.keys, '/sluice-datastore:stored-configuration', () => {
    const { count, entries } = store.unfit;
    return {
      'set-aside': store
        .setAside()
        .map(({ folder, reason }) => ({ folder, ...(reason === undefined ? {} : { reason }) })),
      'unfit-count': String(count),
      unfit: entries.map(({ path, module, reason, value }) => ({
        path,
        module,
        reason,
        ...(value === undefined ? {} : { value }),
      })),
      'violation-count': String(violations.faults.length),
      violation: violations.faults.map(({ path, tag, appTag, message }) => ({
        ...(path === undefined ? {} : { path }),
        'error-tag': tag,
        ...(appTag === undefined ? {} : { 'error-app-tag': appTag }),
        'error-message': message,
      })),
    };
  });
}

/** For the log: without values, which may be secrets. */
export function unfitLines({ count, entries }: UnfitReport): string[] {
  if (count === 0) return [];
  const lines = entries.slice(0, logged).map(({ path, reason }) => `  ${path}: ${reason}`);
  if (count > lines.length) lines.push(`  and ${count - lines.length} more, in /sluice-datastore:stored-configuration`);
  return [`stored data that the modules have no place for is kept and does not show (${count}):`, ...lines];
}
