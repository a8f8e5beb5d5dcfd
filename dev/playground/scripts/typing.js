// Typing with nothing to type into goes to the message box, as in Discord.

const ELSEWHERE = "input, textarea, [contenteditable], dialog, [role=menu], [role=listbox], [role=combobox]";

/** Whether a key writes something, and the element that has the focus takes no writing. */
function isStray(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  // The space presses buttons and scrolls.
  return event.key.length === 1 && event.key !== " " && !event.target.closest?.(ELSEWHERE);
}

/** Has `focus` called at the first stray key, which then arrives in what it has entered. */
export function catchTyping(focus) {
  document.addEventListener("keydown", (event) => {
    if (isStray(event)) focus();
  });
}

/** Whether entering a box by itself is of use: on a phone it would cover half the page with keys. */
export function hasKeyboard() {
  return matchMedia("(hover: hover) and (pointer: fine)").matches;
}
