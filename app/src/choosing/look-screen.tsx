// The second step: what becomes of the photos. Every look is shown on one's own first photo, the chosen one on any.

import { Image } from "expo-image";
import { useState } from "react";
import { FlatList, Pressable, ScrollView, useWindowDimensions, View } from "react-native";

import { Button } from "@/parts/button";
import { Message } from "@/parts/message";
import { Screen } from "@/parts/screen";
import { Words } from "@/parts/text";
import { EDGE, FIGURES, RADIUS, usePalette } from "@/parts/theme";
import { useDesk } from "@/place";
import type { Preset } from "@/service/service";
import { localized, number, t } from "@/words";
import { useCards, useLooks, usePreview } from "./looks";
import { Light } from "./light";
import { Sliders } from "./sliders";
import { Stage } from "./stage";
import { useDraft } from "./use-draft";

export function LookScreen() {
  const { draft, sending, hint, back, go } = useDesk();
  const { photos, preset: chosen, params, light, going } = useDraft();
  const { presets, groups, problem, again } = useLooks();
  const [at, setAt] = useState(0);
  const palette = usePalette();
  const wide = useWindowDimensions().width >= 800;
  const preset = presets.find(({ id }) => id === chosen) ?? presets[0];
  const photo = photos[at % (photos.length || 1)];
  const cards = useCards(photos[0], presets);
  const mine = preset?.id === chosen ? params : {};
  const preview = usePreview(photo, preset && { preset_id: preset.id, preset_params: mine });
  const choose = (one: Preset) => draft.set({ preset: one.id, params: {} });
  const change = (changed: Record<string, number>) => draft.set({ preset: preset!.id, params: changed });

  function start() {
    draft.set({ preset: preset!.id, params: mine });
    sending.start();
    go({ at: "sending" });
  }

  if (problem) {
    return (
      <Screen title={t("look.title")} back={back}>
        <Message text={problem.message} again={again} />
      </Screen>
    );
  }
  return (
    <Screen
      title={t("look.title")}
      back={back}
      footer={
        going ? (
          <Words role="status" tone="soft" size="small">{t("app.before", { done: going.at, n: going.at + going.photos.length })}</Words>
        ) : (
          <Button grow kind="primary" title={t("look.start", { n: photos.length })} disabled={!preset || !photos.length} onPress={start} />
        )
      }
    >
      <View style={{ flex: 1, flexDirection: wide ? "row" : "column" }}>
        <View style={{ flex: wide ? 1 : undefined, height: wide ? undefined : "42%", backgroundColor: palette.sunken }}>
          <Stage preview={preview} wrong={preview.problem ?? hint} name={photo?.name ?? ""} />
          <View style={{ flexDirection: "row", alignItems: "center", justifyContent: "space-between", paddingHorizontal: 4 }}>
            <Button title={t("viewer.previous")} symbol="‹" disabled={photos.length < 2} onPress={() => setAt((at + photos.length - 1) % photos.length)} />
            <Words size="small" style={{ fontVariant: FIGURES?.slice() }}>{`${number(at + 1)} / ${number(photos.length)}`}</Words>
            <Button title={t("viewer.next")} symbol="›" disabled={photos.length < 2} onPress={() => setAt((at + 1) % photos.length)} />
          </View>
        </View>
        <ScrollView style={{ flex: 1, maxWidth: wide ? 432 : undefined }} contentContainerStyle={{ paddingBottom: EDGE }}>
          <FlatList
            horizontal
            data={presets}
            keyExtractor={({ id }) => id}
            extraData={[cards, preset?.id]}
            showsHorizontalScrollIndicator={false}
            contentContainerStyle={{ gap: 10, padding: 12 }}
            renderItem={({ item }) => <Card preset={item} image={cards[item.id]} chosen={item.id === preset?.id} press={() => choose(item)} />}
          />
          {preset ? (
            <View style={{ paddingHorizontal: EDGE, gap: 8 }}>
              <Words size="heading">{localized(preset.name)}</Words>
              <Words tone="soft" size="small">{localized(preset.description)}</Words>
              <Sliders key={preset.id} preset={preset} groups={groups} params={mine} change={change} />
              {photos.length > 1 ? <Light light={light} change={(to) => draft.set({ light: to })} /> : null}
            </View>
          ) : null}
        </ScrollView>
      </View>
    </Screen>
  );
}

function Card({ preset, image, chosen, press }: { preset: Preset; image?: string; chosen: boolean; press: () => void }) {
  const palette = usePalette();
  const name = localized(preset.name);
  return (
    <Pressable
      testID={`look-${preset.id}`}
      accessibilityRole="button"
      accessibilityLabel={name}
      aria-pressed={chosen}
      onPress={press}
      style={{ width: 92, padding: 4, gap: 4, borderRadius: RADIUS, borderWidth: 1, borderColor: chosen ? palette.accent : palette.line, backgroundColor: chosen ? palette["accent-soft"] : palette.surface }}
    >
      <View style={{ aspectRatio: 1, borderRadius: 8, overflow: "hidden", backgroundColor: palette.sunken }}>
        {image ? <Image source={{ uri: image }} contentFit="cover" accessibilityLabel="" style={{ flex: 1 }} /> : null}
      </View>
      <Words numberOfLines={2} strong={chosen} style={{ fontSize: 13, lineHeight: 17 }}>{name}</Words>
    </Pressable>
  );
}
