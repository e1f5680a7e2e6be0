// The service's key; a browser has no keychain.

import { keep, kept } from "./kept";

const NAME = "key";

export function secret(): string {
  return kept<string>(NAME) ?? "";
}

export function keepSecret(value: string): void {
  keep(NAME, value || null);
}
