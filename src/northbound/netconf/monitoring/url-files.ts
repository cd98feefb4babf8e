/** /url-files: what URLs with the scheme file can name. */

import { dateAndTime } from '../../../features/time.ts';
import type { PlainData } from '../../../yang/data/build.ts';
import type { FileStore } from '../url/file-store.ts';

export function urlFiles(files: FileStore): PlainData {
  return { file: files.list().map(({ name, size, modified }) => ({ name, size, modified: dateAndTime(modified) })) };
}
