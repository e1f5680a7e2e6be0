// A finger that stays where it is.

const HELD = 450; // ms
const STILL = 10; // CSS pixels

/** Call `work(event)` when a finger rests on an element; the tap that this would end as does not count. */
export function onLongPress(element, work) {
  let timer = 0, start = null, worked = false;
  const forget = () => clearTimeout(timer);
  element.addEventListener("pointerdown", (event) => {
    worked = false;
    if (event.pointerType !== "touch" || !event.isPrimary) return forget();
    start = { x: event.clientX, y: event.clientY };
    timer = setTimeout(() => {
      worked = true;
      navigator.vibrate?.(10);
      work(event);
    }, HELD);
  });
  element.addEventListener("pointermove", (event) => {
    if (start && Math.hypot(event.clientX - start.x, event.clientY - start.y) > STILL) forget();
  });
  for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, forget);
  element.addEventListener("scroll", forget, { passive: true });
  element.addEventListener("contextmenu", (event) => (worked || event.pointerType === "touch") && event.preventDefault());
  element.addEventListener("click", (event) => {
    if (!worked) return;
    worked = false;
    event.stopImmediatePropagation();
    event.preventDefault();
  }, { capture: true });
}
