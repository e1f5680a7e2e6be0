// Photos in squares. Only the cells that can be seen exist, and they are used again. A cell renders anew only when what it
// shows has changed.

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

interface Props<Item> {
  items: Item[];
  keyOf: (item: Item) => string;
  cellOf: (item: Item) => Cell; // another function once it says something else; asked only for what can be seen
  press: (key: string) => void; // the same function each time
}

export function PhotoGrid<Item>({ items, keyOf, cellOf, press }: Props<Item>) {
  const { width } = useWindowDimensions();
  const columns = Math.max(3, Math.floor(width / SIDE));
  const side = width / columns;
  const render = useCallback(({ item }: { item: Item }) => <Square cell={cellOf(item)} side={side} press={press} />, [cellOf, side, press]);
  return <FlashList key={columns} data={items} numColumns={columns} keyExtractor={keyOf} renderItem={render} />;
}

interface Shown {
  cell: Cell;
  side: number;
  press: (key: string) => void;
}

const SIGNS = { chosen: "✓", failed: "!", stopped: "×" };

const Square = memo(function Square({ cell, side, press }: Shown) {
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
}, alike);

function alike(before: Shown, after: Shown): boolean {
  const [a, b] = [before.cell, after.cell];
  return (
    before.side === after.side && before.press === after.press && a.id === b.id && a.name === b.name && a.label === b.label &&
    a.mark === b.mark && a.picture?.uri === b.picture?.uri && a.picture?.headers?.Authorization === b.picture?.headers?.Authorization
  );
}
