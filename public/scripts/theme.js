// @ts-check
// Before anything is painted: the theme that the reader has chosen, where look.js keeps it.

try {
  const theme = localStorage.getItem("halley.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // A browser may forbid storage: nothing was kept then.
}
