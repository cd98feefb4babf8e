/** Derived once from each value of the source. */
export function memo<S, T>(source: () => S, derive: (value: S) => T): () => T {
  let of: S | undefined;
  let derived: T | undefined;
  return () => {
    const value = source();
    if (derived === undefined || of !== value) {
      of = value;
      derived = derive(value);
    }
    return derived;
  };
}
