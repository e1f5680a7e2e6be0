// Results to other apps of the phone.

import { isAvailableAsync, shareAsync } from "expo-sharing";
import { Share } from "react-native";

/** Offer a file to other apps; returns whether this device can. */
export async function shareFile(uri: string): Promise<boolean> {
  if (!(await isAvailableAsync())) return false;
  await shareAsync(uri);
  return true;
}

/** Offer a link to other apps; returns whether this device can. */
export async function shareLink(url: string): Promise<boolean> {
  await Share.share({ message: url });
  return true;
}
