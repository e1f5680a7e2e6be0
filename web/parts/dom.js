// Elements in one call, and nothing else of a framework.

/**
 * Make an element: `h("button", {class: "primary", onclick: start}, "Start")`.
 * Properties that begin with "on" are listeners; true and false set and remove boolean attributes; null is left out.
 * Text is always text: nothing here parses HTML.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// The symbols become part of the page: they are there when the service is not, and no policy of a browser keeps them out.
fetch("/web/icons.svg").then((answer) => answer.text()).then((text) => {
  const sprite = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  sprite.setAttribute("hidden", "");
  document.body.append(document.adoptNode(sprite));
}, (error) => console.warn("no symbols", error));

/** One of the symbols of icons.svg; decoration, so a screen reader is told nothing of it. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows a symbol alone; `label` is what it is called. */
export function iconButton(name, label, properties = {}) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, ...properties }, icon(name));
}

/** Return a function that calls `work` once nobody has asked for it any more for `quiet` milliseconds. */
export function debounced(work, quiet) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), quiet);
  };
}

/** Return a function that has `work` done before the next frame, once, however often it is called until then. */
export function oncePerFrame(work) {
  let frame = 0;
  return () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      work();
    });
  };
}
