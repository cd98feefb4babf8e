/** Configurations by URL: read as data, written from a view, deleted (RFC 6241 section 8.8). */
import type { HttpsSettings } from '../../../features/url/model.ts';
import { ConfigDocument } from '../../../yang/codec/config-document.ts';
import type { DataNode } from '../../../yang/data/node.ts';
import { FaultError } from '../../../yang/fault.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import type { FileStore } from './file-store.ts';
import { HttpsTransfer } from './https.ts';
import { type Location, nameOf } from './location.ts';

export interface UrlAccessParts {
  readonly schema: Schema;
  readonly files: FileStore;
  /** As running says at the moment of the call. */
  readonly settings: () => HttpsSettings;
}

/** Transfers at a time; the next one is refused with `resource-denied`. */
const MAX_TRANSFERS = 8;

export class UrlAccess {
  readonly #parts: UrlAccessParts;
  #transfers = 0;

  constructor(parts: UrlAccessParts) {
    this.#parts = parts;
  }

  get files(): FileStore {
    return this.#parts.files;
  }

  /** The configuration in the document, read as it comes in. Faults are at `path`, but for those of the data themselves. */
  read(location: Location, mode: 'data' | 'edit', path: string): Promise<readonly DataNode[]> {
    return this.#transfer(path, async () => {
      const document = new ConfigDocument(this.#parts.schema, mode);
      const chunks =
        location.scheme === 'file' ? this.#parts.files.read(location.segments) : this.#https(location.url).read();
      const parse = <T>(work: () => T): T => inDocument(location, work);
      for await (const chunk of chunks) parse(() => document.write(chunk));
      return parse(() => document.finish());
    });
  }

  write(location: Location, pieces: Iterable<string>, path: string): Promise<void> {
    return this.#transfer(path, () =>
      location.scheme === 'file'
        ? this.#parts.files.write(location.segments, pieces)
        : this.#https(location.url).write(pieces),
    );
  }

  remove(location: Location, path: string): Promise<void> {
    return this.#transfer(path, () =>
      location.scheme === 'file' ? this.#parts.files.remove(location.segments) : this.#https(location.url).remove(),
    );
  }

  #https(url: URL): HttpsTransfer {
    return new HttpsTransfer(url, this.#parts.settings());
  }

  async #transfer<T>(path: string, work: () => Promise<T>): Promise<T> {
    if (this.#transfers >= MAX_TRANSFERS) {
      const message = `${MAX_TRANSFERS} transfers of configurations are under way; try again later`;
      throw new FaultError({ type: 'application', tag: 'resource-denied', path, message });
    }
    this.#transfers++;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      throw new FaultError(...error.faults.map((fault) => ({ path, ...fault })));
    } finally {
      this.#transfers--;
    }
  }
}

/** `malformed-message` is said of messages; a document that is no XML is a bad value of the parameter. */
function inDocument<T>(location: Location, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    throw new FaultError(
      ...error.faults.map((fault) =>
        fault.tag === 'malformed-message' || fault.type === 'rpc'
          ? {
              type: 'application' as const,
              tag: 'invalid-value' as const,
              message: `${nameOf(location)}: ${fault.message}`,
            }
          : fault,
      ),
    );
  }
}
