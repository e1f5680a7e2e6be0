// What the browser keeps for this page; where it keeps nothing (a private window, cookies off) it is known until one leaves.

const meanwhile = new Map();

export function kept(name) {
  try {
    return localStorage.getItem(`photobatch.${name}`);
  } catch {
    return meanwhile.get(name) ?? null;
  }
}

/** Keep a text under a name; null forgets it. */
export function keep(name, text) {
  meanwhile.set(name, text);
  try {
    if (text === null) localStorage.removeItem(`photobatch.${name}`);
    else localStorage.setItem(`photobatch.${name}`, text);
  } catch { /* known until one leaves */ }
}
