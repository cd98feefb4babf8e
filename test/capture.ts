/** Captures frames in a namespace with tcpdump and decodes them with tshark: programs that we did not write. */
import { type ChildProcess, spawn } from 'node:child_process';
import { run } from '../lab/run.ts';

export class Capture {
  readonly file: string;
  readonly #child: ChildProcess;

  private constructor(file: string, child: ChildProcess) {
    this.file = file;
    this.#child = child;
  }

  /** Starts to capture what the device receives and sends; resolves once tcpdump listens. */
  static async start(namespace: string, device: string, file: string, filter = ''): Promise<Capture> {
    const args = ['netns', 'exec', namespace, 'tcpdump', '-U', '-n', '-i', device, '-w', file, '--immediate-mode'];
    const child = spawn('ip', [...args, ...filter.split(' ').filter(Boolean)], { stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('listening on')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`tcpdump ended with ${code}: ${said}`)));
    });
    return new Capture(file, child);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGINT');
    await ended;
  }

  /** One line a frame with the fields, tab-separated. */
  async fields(filter: string, fields: readonly string[]): Promise<string[][]> {
    const wanted = fields.flatMap((field) => ['-e', field]);
    const text = await run('tshark', ['-n', '-r', this.file, '-Y', filter, '-T', 'fields', ...wanted]);
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t'));
  }

  /** The whole decoding as text. */
  text(filter: string): Promise<string> {
    return run('tshark', ['-n', '-r', this.file, '-Y', filter, '-V']);
  }

  /** Frames that tshark finds malformed. */
  async malformed(): Promise<number> {
    return (await this.fields('_ws.malformed', ['frame.number'])).length;
  }
}
