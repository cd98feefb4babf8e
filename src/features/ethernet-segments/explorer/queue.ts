/** What happens next, by time; of equal times in the order of asking (a binary heap). */
interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Queue {
  readonly #heap: Entry[] = [];
  #orders = 0;

  get nextAt(): number | undefined {
    return this.#heap[0]?.at;
  }

  push(at: number, run: () => void): void {
    const entry = { at, order: this.#orders++, run };
    let place = this.#heap.length;
    this.#heap.push(entry);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(entry, this.#heap[parent] as Entry)) break;
      this.#heap[place] = this.#heap[parent] as Entry;
      place = parent;
    }
    this.#heap[place] = entry;
  }

  pop(): Entry | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || this.#heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= this.#heap.length) break;
      const right = this.#heap[child + 1];
      if (right !== undefined && isBefore(right, this.#heap[child] as Entry)) child += 1;
      if (!isBefore(this.#heap[child] as Entry, last)) break;
      this.#heap[place] = this.#heap[child] as Entry;
      place = child;
    }
    this.#heap[place] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
