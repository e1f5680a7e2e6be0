// What a finger presses.

import { Pressable, type PressableProps, Text } from "react-native";

import { TOUCH, usePalette } from "./theme";

interface Props extends Omit<PressableProps, "children" | "style"> {
  title: string;
  kind?: "primary" | "normal" | "plain" | "danger";
  symbol?: string; // shown in the title's place, which screen readers still say
  chosen?: boolean;
  grow?: boolean;
}

export function Button({ title, kind = "normal", symbol, chosen, grow, disabled, ...others }: Props) {
  const palette = usePalette();
  const primary = kind === "primary";
  const bare = kind === "plain" || symbol !== undefined;
  const ink = primary ? palette["accent-ink"] : kind === "danger" ? palette.bad : palette.ink;
  const ground = primary ? palette.accent : chosen ? palette["accent-soft"] : bare ? "transparent" : palette.surface;
  return (
    <Pressable
      accessibilityRole="button"
      accessibilityLabel={title}
      accessibilityState={{ disabled: disabled ?? false, selected: chosen }}
      aria-pressed={chosen}
      disabled={disabled}
      style={({ pressed }) => ({
        minHeight: TOUCH,
        minWidth: TOUCH,
        flexGrow: grow ? 1 : 0,
        paddingHorizontal: symbol ? 8 : 16,
        alignItems: "center",
        justifyContent: "center",
        borderRadius: TOUCH / 2,
        borderWidth: 1,
        borderColor: chosen ? palette.accent : bare || primary ? "transparent" : palette.line,
        backgroundColor: ground,
        opacity: disabled ? 0.5 : pressed ? 0.7 : 1,
      })}
      {...others}
    >
      <Text numberOfLines={1} style={{ color: ink, fontSize: symbol ? 24 : 16, fontWeight: primary ? "600" : "400" }}>
        {symbol ?? title}
      </Text>
    </Pressable>
  );
}
