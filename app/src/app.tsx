// The frame of the app: which screen is shown, and what they share.

import { StatusBar } from "expo-status-bar";
import { useCallback, useEffect, useMemo, useState } from "react";
import { AppState, BackHandler } from "react-native";
import { SafeAreaProvider } from "react-native-safe-area-context";

import { AlbumScreen } from "@/choosing/album-screen";
import { ChooseScreen } from "@/choosing/choose-screen";
import { LookScreen } from "@/choosing/look-screen";
import { SendingScreen } from "@/choosing/sending-screen";
import { account as keptAccount, keepAccount } from "@/device/account";
import { sendFile } from "@/device/transfer";
import { DraftStore, type Going } from "@/draft/draft";
import { Sending } from "@/draft/sending";
import { Uploads } from "@/draft/uploads";
import { DeskContext, type Place } from "@/place";
import { BatchScreen } from "@/results/batch-screen";
import { BatchesScreen } from "@/results/batches-screen";
import type { Problem } from "@/service/problem";
import { Service } from "@/service/service";
import { ServiceScreen } from "@/service-screen";

const draft = new DraftStore();

export function App() {
  const [account, setAccount] = useState(keptAccount);
  const [places, setPlaces] = useState<Place[]>(() => [{ at: "choose" }, ...underWay(draft.get().going)]);
  const [hint, setHint] = useState<Problem | null>(null);
  const back = useCallback(() => setPlaces((before) => (before.length > 1 ? before.slice(0, -1) : before)), []);
  const place = places.at(-1)!;

  useEffect(() => {
    const pressed = BackHandler.addEventListener("hardwareBackPress", () => {
      back();
      return places.length > 1;
    });
    return () => pressed.remove();
  }, [back, places.length]);

  useEffect(() => {
    const changed = AppState.addEventListener("change", (state) => state !== "active" && draft.flush());
    return () => changed.remove();
  }, []);

  const desk = useMemo(() => {
    const service = new Service(account ?? { address: "", key: "", user: "" });
    const uploads = new Uploads(draft, (photo, signal) => sendFile(service, photo, signal), setHint);
    return {
      service,
      draft,
      uploads,
      sending: new Sending(draft, service, uploads),
      hint,
      back,
      go: (next: Place) => setPlaces((before) => [...before, next]),
      restart: (...next: Place[]) => setPlaces(next),
      enter: (address: string, key: string) => {
        draft.move(address !== account?.address);
        setAccount(keepAccount(address, key));
      },
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- uploads under way belong to an account, whatever the hint
  }, [account]);
  useEffect(() => {
    if (account) desk.sending.begin();
    return () => desk.sending.stop();
  }, [desk, account]);
  const now = useMemo(() => ({ ...desk, hint }), [desk, hint]);

  return (
    <SafeAreaProvider>
      <StatusBar style="auto" />
      <DeskContext.Provider value={now}>{account ? <Shown place={place} /> : <ServiceScreen />}</DeskContext.Provider>
    </SafeAreaProvider>
  );
}

/** Where the person was when the app was killed while photos were on their way. */
function underWay(going: Going | null): Place[] {
  if (!going) return [];
  return [going.task ? { at: "batch", task: going.task } : { at: "sending" }];
}

function Shown({ place }: { place: Place }) {
  switch (place.at) {
    case "choose":
      return <ChooseScreen />;
    case "album":
      return <AlbumScreen />;
    case "look":
      return <LookScreen />;
    case "sending":
      return <SendingScreen />;
    case "batches":
      return <BatchesScreen />;
    case "batch":
      return <BatchScreen key={place.task} task={place.task} />;
    case "service":
      return <ServiceScreen />;
  }
}
