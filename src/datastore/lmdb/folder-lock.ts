/** One process a state folder: an abstract Unix socket named after the folder, which the kernel frees with its process. */
import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

export class FolderLock {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Throws where another process (or another store of this one) has the folder. */
  static async take(folder: string): Promise<FolderLock> {
    const { dev, ino } = statSync(folder, { bigint: true });
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        reject(error.code === 'EADDRINUSE' ? new Error(`another router runs on the state folder ${folder}`) : error);
      });
      server.listen({ path: `\0sluice-datastore-${dev}-${ino}` }, resolve);
    });
    server.unref();
    return new FolderLock(server);
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
