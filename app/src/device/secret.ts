// The service's key, in the phone's keychain.

import { deleteItemAsync, getItem, setItem } from "expo-secure-store";

const NAME = "key";

export function secret(): string {
  return getItem(NAME) ?? "";
}

export function keepSecret(value: string): void {
  if (value) setItem(NAME, value);
  else void deleteItemAsync(NAME);
}
