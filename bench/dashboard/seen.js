// Runs before the page's own scripts, and notes what a reader sees, and when. All times are
// milliseconds since the navigation began.
(() => {
  const noted = { painted: 0, largest: 0, shifts: 0, tasks: [], changes: 0 };

  function hear(type, take) {
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  }
  hear("paint", ({ name, startTime }) => name === "first-contentful-paint" && (noted.painted = startTime));
  hear("largest-contentful-paint", ({ startTime }) => (noted.largest = startTime));
  hear("layout-shift", ({ hadRecentInput, value }) => !hadRecentInput && (noted.shifts += value));
  hear("longtask", ({ startTime, duration }) => noted.tasks.push([startTime, duration]));

  // Counts the changes that Realtime tells, as they reach the page.
  globalThis.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        if (typeof data === "string" && data.includes('"postgres_changes"') && data.includes('"commit_timestamp"')) noted.changes += 1;
      });
    }
  };

  /** When the frame has been painted in which `isThere` is so. */
  function shown(isThere) {
    return new Promise((resolve) => {
      const observer = new MutationObserver(look);
      function look() {
        if (!isThere()) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
      }
      observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
      look();
    });
  }

  /** The view's own part, with nothing in it that still loads. */
  function hasView(name) {
    const view = document.querySelector(`.view-${name}`);
    return view !== null && view.querySelector('.skeleton, [aria-busy="true"]') === null;
  }

  /** By then every switch, link and button has its handler: they are made with them. */
  const isInteractive = () => Boolean(document.querySelector(".shell .hero-sentence")?.textContent) && hasView("overview");

  globalThis.seen = {
    noted,
    interactive: shown(isInteractive),
    /** Goes to a view as a reader does; the milliseconds from the click until it stands there. */
    async click(name) {
      const began = performance.now();
      document.querySelector(`.rail-links > [data-view="${name}"]`).click();
      return (await shown(() => hasView(name))) - began;
    },
    /** What went wrong in the view that is shown, in words. */
    faults: () => [...document.querySelectorAll(".state-error, .region-notice:not(:empty)")].map((fault) => fault.textContent),
  };
})();
