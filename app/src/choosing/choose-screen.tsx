// The first step: which photos.

import { Image } from "expo-image";
import { useCallback, useState } from "react";
import { View } from "react-native";

import { HAS_LIBRARY } from "@/device/album";
import { pickPhotos } from "@/device/picker";
import type { Chosen } from "@/draft/draft";
import { tell } from "@/parts/asking";
import { Button } from "@/parts/button";
import { type Cell, PhotoGrid } from "@/parts/photo-grid";
import { Screen } from "@/parts/screen";
import { Words } from "@/parts/text";
import { EDGE, GAP } from "@/parts/theme";
import { useDesk } from "@/place";
import { t } from "@/words";
import { idOf, toggled, useSelection } from "./selection";
import { useDraft } from "./use-draft";

const LISTED = 5; // refused photos
const ICON = require("../../assets/icon.png") as number;

export function ChooseScreen() {
  const { draft, service, go } = useDesk();
  const { photos } = useDraft();
  const [selected, setSelected] = useSelection(photos);
  const [picking, setPicking] = useState(false);
  const cellOf = useCallback(
    ({ id, name, uri, error, earlier }: Chosen): Cell => ({
      id,
      name,
      label: error ? `${name}: ${error}` : name,
      picture: earlier ? (uri ? service.picture(uri) : null) : { uri },
      mark: selected.has(id) ? "chosen" : error ? "failed" : undefined,
    }),
    [selected, service],
  );
  const press = useCallback((id: string) => setSelected((before) => toggled(before, id)), [setSelected]);

  async function pick() {
    setPicking(true);
    try {
      const there = draft.add(await pickPhotos());
      if (there) tell(t("choose.there", { n: there }));
    } finally {
      setPicking(false);
    }
  }

  const ways = (
    <>
      <Button kind={photos.length ? "normal" : "primary"} title={t(photos.length ? "choose.add" : "choose.pick")} disabled={picking} onPress={pick} />
      {HAS_LIBRARY ? <Button title={t("app.album")} onPress={() => go({ at: "album" })} /> : null}
    </>
  );
  return (
    <Screen
      title="photobatch"
      brand
      actions={
        <>
          <Button kind="plain" title={t("top.batches")} onPress={() => go({ at: "batches" })} />
          <Button kind="plain" title={t("app.service")} symbol="⚙" onPress={() => go({ at: "service" })} />
        </>
      }
      footer={
        photos.length ? (
          <>
            <Words style={{ flex: 1 }}>{t("photos", { n: photos.length })}</Words>
            <Button kind="primary" title={t("choose.next")} onPress={() => go({ at: "look" })} />
          </>
        ) : null
      }
    >
      {photos.length === 0 ? (
        <View style={{ flex: 1, padding: 24, gap: GAP, alignItems: "center", justifyContent: "center" }}>
          <Image source={ICON} accessibilityLabel="" style={{ width: 88, height: 88, borderRadius: 20, marginBottom: 8 }} />
          <Words size="title" style={{ textAlign: "center" }}>{t("choose.invitation")}</Words>
          <Words tone="soft" style={{ textAlign: "center", maxWidth: 300 }}>{t("app.hint")}</Words>
          <View style={{ gap: GAP, marginTop: 8 }}>{ways}</View>
        </View>
      ) : (
        <>
          <View style={{ flexDirection: "row", gap: 8, paddingHorizontal: EDGE, paddingVertical: 8, flexWrap: "wrap" }}>
            {selected.size ? (
              <>
                <Button title={t("choose.none")} onPress={() => setSelected(new Set())} />
                <Button kind="danger" title={t("choose.remove")} onPress={() => draft.remove(selected)} />
                <Words style={{ alignSelf: "center" }}>{t("choose.selected", { n: selected.size })}</Words>
              </>
            ) : (
              <>
                {ways}
                <Button title={t("choose.all")} onPress={() => setSelected(new Set(photos.map(({ id }) => id)))} />
              </>
            )}
          </View>
          <Refused photos={photos} />
          <PhotoGrid items={photos} keyOf={idOf} cellOf={cellOf} press={press} />
        </>
      )}
    </Screen>
  );
}

/** The photos that the service did not take, with the reasons. */
function Refused({ photos }: { photos: Chosen[] }) {
  const { draft } = useDesk();
  const refused = photos.filter(({ error }) => error);
  if (!refused.length) return null;
  return (
    <View role="alert" style={{ paddingHorizontal: EDGE, paddingBottom: 8, gap: 4 }}>
      <Words>{t("sending.refused", { n: refused.length })}</Words>
      {refused.slice(0, LISTED).map(({ id, name, error }) => (
        <Words key={id} size="small">{`${name}: ${error}`}</Words>
      ))}
      <View style={{ flexDirection: "row" }}>
        <Button title={t("sending.takeOut")} onPress={() => draft.remove(new Set(refused.map(({ id }) => id)))} />
      </View>
    </View>
  );
}
