// @ts-check
// The list on the page: what stays stays the same node, and does not move under the reader's eyes.

/**
 * @param {HTMLElement} element
 * @param {{create: (item: any) => HTMLElement}} given
 */
export function createList(element, { create }) {
  /** @type {Map<string, HTMLElement>} */
  const shown = new Map();

  function replace(items) {
    const wanted = new Set(items.map((item) => item.key));
    for (const [key, node] of shown) {
      if (wanted.has(key)) continue;
      node.remove();
      shown.delete(key);
    }
    let next = element.firstChild;
    for (const item of items) {
      const node = shown.get(item.key) ?? create(item);
      shown.set(item.key, node);
      if (node === next) next = next.nextSibling;
      else element.insertBefore(node, next);
    }
  }

  return {
    /**
     * Shows these items. `steady`: the first line on the screen that stays is kept where it is (a
     * day's heading would stay above lines that are put in below it).
     * @param {{key: string, line?: any}[]} items @param {{steady?: boolean}} [options]
     */
    show(items, { steady = false } = {}) {
      const staying = new Set(steady ? items.filter((item) => item.line).map((item) => shown.get(item.key)) : []);
      const anchor = [...element.children].find((node) => staying.has(/** @type {HTMLElement} */ (node)) && node.getBoundingClientRect().bottom > 0);
      const before = anchor?.getBoundingClientRect().top ?? 0;
      replace(items);
      if (anchor) window.scrollBy(0, anchor.getBoundingClientRect().top - before);
    },
    /** Marks one item, and no other. @param {string | null} key */
    mark(key) {
      for (const node of element.querySelectorAll(".is-linked")) {
        node.classList.remove("is-linked");
        node.removeAttribute("aria-current");
      }
      const node = key === null ? undefined : shown.get(key);
      node?.classList.add("is-linked");
      node?.setAttribute("aria-current", "true");
    },
    /** @param {string} key */
    node: (key) => shown.get(key),
  };
}
