// Which service the app talks to, and as whom.

import { randomUUID } from "expo-crypto";

import { keep, kept } from "./kept";
import { keepSecret, secret } from "./secret";
import type { Account } from "@/service/service";

/** Return the service that was entered; null before the first one. */
export function account(): Account | null {
  const address = kept<string>("address");
  return address ? { address, key: secret(), user: user() } : null;
}

export function keepAccount(address: string, key: string): Account {
  keep("address", address);
  keepSecret(key);
  return { address, key, user: user() };
}

/** Return an address without what does not belong to it; null if it is none. */
export function tidied(text: string): string | null {
  const found = /^(https?):\/\/([^\s/?#@]+)/i.exec(text.trim());
  return found ? `${found[1]!.toLowerCase()}://${found[2]}` : null;
}

/** Whose things these are where the service has no keys: this phone's. */
export function user(): string {
  let mine = kept<string>("user");
  if (!mine) keep("user", (mine = `app-${randomUUID()}`));
  return mine;
}
