/** What `checkSegments` says of a configuration: path, app-tag and message. */
import { InterfaceModel } from '../../interfaces/model.ts';
import { keys, type Rows, viewOf } from '../../testing/schema.ts';
import { checkSegments } from '../check.ts';

const interfaces = new InterfaceModel(keys);

export function refusalsOf(rows: Rows): readonly string[] {
  const view = viewOf(rows, [interfaces.parent.path]);
  return checkSegments(keys, view, interfaces).map(({ path, message, appTag }) => `${path} ${appTag ?? ''} ${message}`);
}
