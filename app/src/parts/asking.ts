// Questions that the system asks for the app.

import { Alert, Platform } from "react-native";

import { t } from "@/words";

/** Ask whether something that cannot be undone is meant. */
export function sure(title: string, why: string, yes: string): Promise<boolean> {
  if (Platform.OS === "web") return Promise.resolve(window.confirm(`${title}\n${why}`));
  return new Promise((resolve) => {
    Alert.alert(title, why, [
      { text: t("cancel"), style: "cancel", onPress: () => resolve(false) },
      { text: yes, style: "destructive", onPress: () => resolve(true) },
    ], { cancelable: true, onDismiss: () => resolve(false) });
  });
}

/** Say something in passing. */
export function tell(text: string): void {
  if (Platform.OS === "web") window.alert(text);
  else Alert.alert(text);
}
