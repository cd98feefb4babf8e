/** How the CE behind a port is told (../../ce-notification). */
import type { View } from '../../../datastore/view/view.ts';
import type { CeNotificationModel } from '../../ce-notification/model.ts';

export function methodsOf(view: View, model: CeNotificationModel, port: string): readonly string[] {
  const found = model.read(view, port);
  return [...(found?.macMove.enabled ? ['mac-move'] : []), ...(found?.mvrp.enabled ? ['mvrp'] : [])];
}
