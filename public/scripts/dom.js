// @ts-check
// The page is built out of nodes here. Text always becomes a text node, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** @type {WeakMap<Node, Record<string, (event: any) => void>>} */
const listenersOf = new WeakMap();
/** @type {WeakMap<Node, string | number>} */
const keys = new WeakMap();

/**
 * An element. Properties: `class`, `on` (listeners by event), `data` (dataset), `style` (CSS
 * properties), `key` (what `patch` knows a child by), and any attribute; null, undefined and false
 * leave an attribute out.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...any} children nodes, texts, numbers, lists of these; null and false are left out
 * @returns {any} the element
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") listen(element, value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "style") {
      for (const [property, setting] of Object.entries(value)) element.style.setProperty(property, setting);
    } else if (name === "class") element.className = value;
    else if (name === "key") keys.set(element, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...nodes(children));
  return element;
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Children without the gaps that conditions leave; numbers as texts. */
export function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

/** Replaces everything inside an element. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

/**
 * Makes what is inside an element like `children`, and keeps the nodes that are alike, so that the
 * focus, a selection and the place of a scrolled table outlive new figures. Children with a `key`
 * are found again wherever they stand. What a node keeps by itself (a chart, an open menu) does not
 * belong in here: put it beside what is patched.
 */
export function patch(element, ...children) {
  const wanted = nodes(children);
  const keyed = new Map([...element.childNodes].flatMap((child) => (keys.has(child) ? [[keys.get(child), child]] : [])));
  let next = element.firstChild;
  for (const want of wanted) {
    const key = keys.get(want);
    const found = key === undefined ? (next && !keys.has(next) ? next : null) : (keyed.get(key) ?? null);
    if (!found || !alike(found, want)) {
      element.insertBefore(want, next);
      continue;
    }
    if (found === next) next = next.nextSibling;
    else element.insertBefore(found, next);
    become(found, want);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
  return element;
}

let lastId = 0;

/** An id that no other element of the page has. */
export function uniqueId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

function listen(element, listeners) {
  listenersOf.set(element, listeners);
  for (const event of Object.keys(listeners)) {
    element.addEventListener(event, (happened) => listenersOf.get(element)?.[event]?.(happened));
  }
}

function alike(one, other) {
  return one.nodeName === other.nodeName && one.nodeType === other.nodeType && eventsOf(one) === eventsOf(other);
}

const eventsOf = (node) => Object.keys(listenersOf.get(node) ?? {}).join();

function become(node, want) {
  if (node === want) return;
  if (node.nodeType === Node.TEXT_NODE) {
    if (node.data !== want.data) node.data = want.data;
    return;
  }
  for (const { name } of [...node.attributes]) {
    // Whether something is open is the reader's choice; ids are made anew each time.
    if (!want.hasAttribute(name) && name !== "open") node.removeAttribute(name);
  }
  for (const { name, value } of want.attributes) {
    if (node.getAttribute(name) === value) continue;
    // The page's policy forbids style attributes, but not styles that a script sets.
    if (name === "style") node.style.cssText = value;
    else node.setAttribute(name, value);
  }
  if (listenersOf.has(want)) listenersOf.set(node, listenersOf.get(want) ?? {});
  patch(node, ...want.childNodes);
}
