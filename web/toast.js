// One sentence in passing, at the lower edge; read aloud by screen readers.

const SHOWN = 6000;
let timer = 0;

export function toast(text) {
  const place = document.querySelector(".toast");
  place.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => place.replaceChildren(), SHOWN);
}
