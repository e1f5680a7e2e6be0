// Photos in squares. Only the cells that can be seen exist, and they are used again.

import { FlashList } from "@shopify/flash-list";
import { Image } from "expo-image";
import { memo, useCallback } from "react";
import { Pressable, Text, useWindowDimensions, View } from "react-native";

import { usePalette } from "./theme";
import type { Picture } from "@/service/service";

const SIDE = 116; // about so wide is a cell, dp
const SPACE = 2;

export interface Cell {
  id: string;
  name: string;
  label: string; // for screen readers
  picture: Picture | null;
  mark?: "chosen" | "failed" | "stopped" | "busy";
}

interface Props {
  cells: Cell[];
  press: (id: string) => void;
  longPress?: (id: string) => void;
}

export function PhotoGrid({ cells, press, longPress }: Props) {
  const { width } = useWindowDimensions();
  const columns = Math.max(3, Math.floor(width / SIDE));
  const side = width / columns;
  const render = useCallback(
    ({ item }: { item: Cell }) => <Square cell={item} side={side} press={press} longPress={longPress} />,
    [side, press, longPress],
  );
  return <FlashList key={columns} data={cells} numColumns={columns} keyExtractor={keyOf} renderItem={render} />;
}

const keyOf = ({ id }: Cell) => id;
const SIGNS = { chosen: "✓", failed: "!", stopped: "×" };

const Square = memo(function Square({ cell, side, press, longPress }: { cell: Cell; side: number } & Omit<Props, "cells">) {
  const palette = usePalette();
  const { id, name, label, picture, mark } = cell;
  const chosen = mark === "chosen";
  return (
    <Pressable
      testID={`cell-${id}`}
      accessibilityRole="button"
      accessibilityLabel={label}
      accessibilityState={{ selected: chosen }}
      aria-pressed={chosen}
      onPress={() => press(id)}
      onLongPress={longPress ? () => longPress(id) : undefined}
      style={{ width: side, height: side, padding: SPACE }}
    >
      <View style={{ flex: 1, borderRadius: 8, overflow: "hidden", backgroundColor: palette.sunken, alignItems: "center", justifyContent: "center" }}>
        <Text numberOfLines={1} style={{ color: palette["ink-soft"], fontSize: 12, paddingHorizontal: 6 }}>{name}</Text>
        {picture ? (
          <Image source={picture} recyclingKey={id} contentFit="cover" transition={120} accessibilityLabel="" style={{ position: "absolute", inset: 0 }} />
        ) : null}
        {chosen ? <View pointerEvents="none" style={{ position: "absolute", inset: 0, backgroundColor: palette.ground, opacity: 0.35 }} /> : null}
        {mark && mark !== "busy" ? (
          <View style={{ position: "absolute", top: 6, right: 6, width: 24, height: 24, borderRadius: 12, alignItems: "center", justifyContent: "center", backgroundColor: chosen ? palette.accent : palette.surface }}>
            <Text style={{ color: chosen ? palette["accent-ink"] : palette.bad, fontSize: 15, fontWeight: "700", lineHeight: 20 }}>{SIGNS[mark]}</Text>
          </View>
        ) : null}
        {mark === "busy" ? <View style={{ position: "absolute", top: 10, right: 10, width: 10, height: 10, borderRadius: 5, backgroundColor: palette.accent }} /> : null}
        {chosen || mark === "failed" ? (
          <View pointerEvents="none" style={{ position: "absolute", inset: 0, borderRadius: 8, borderWidth: chosen ? 3 : 2, borderColor: chosen ? palette.accent : palette.bad }} />
        ) : null}
      </View>
    </Pressable>
  );
});
