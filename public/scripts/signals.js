// @ts-check
// Who wants to hear of what.

/**
 * @template T
 * @returns {{on: (hear: (value: T) => void) => () => void, tell: (value: T) => void}} `on` answers
 *     with what ends it
 */
export function createSignal() {
  const hearing = new Set();
  return {
    on(hear) {
      hearing.add(hear);
      return () => hearing.delete(hear);
    },
    tell(value) {
      for (const hear of [...hearing]) hear(value);
    },
  };
}
