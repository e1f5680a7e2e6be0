// Text in the app's colours and sizes.

import { Text, type TextProps } from "react-native";

import { usePalette } from "./theme";

type Tone = "plain" | "soft" | "bad" | "accent";
type Size = "small" | "body" | "heading" | "title";

const SIZES = { small: 14, body: 16, heading: 17, title: 22 };

interface Props extends TextProps {
  tone?: Tone;
  size?: Size;
  strong?: boolean;
}

export function Words({ tone = "plain", size = "body", strong = false, style, ...others }: Props) {
  const palette = usePalette();
  const colours = { plain: palette.ink, soft: palette["ink-soft"], bad: palette.bad, accent: palette.accent };
  const bold = strong || size === "title" || size === "heading";
  const look = { color: colours[tone], fontSize: SIZES[size], lineHeight: SIZES[size] * 1.4, fontWeight: bold ? "600" : "400" } as const;
  const heading = size === "title" || size === "heading";
  return <Text accessibilityRole={heading ? "header" : undefined} style={[look, style]} {...others} />;
}
