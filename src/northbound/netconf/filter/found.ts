/** Takes what a walk writes and keeps but the number of elements: for who asks whether there is anything. */
import type { ElementSink } from '../../../datastore/reading/walk.ts';

export class Found implements ElementSink {
  length = 0;

  openElement(): void {
    this.length++;
  }

  close(): void {}

  leaf(): void {
    this.length++;
  }

  anydata(): void {
    this.length++;
  }
}
