// A button over photos: there it is dark in every theme.

import { Pressable, Text } from "react-native";

import { TOUCH } from "@/parts/theme";

interface Props {
  title: string;
  symbol?: string;
  disabled?: boolean;
  press: () => void;
}

export function DarkButton({ title, symbol, disabled, press }: Props) {
  return (
    <Pressable
      accessibilityRole="button"
      accessibilityLabel={title}
      accessibilityState={{ disabled: disabled ?? false }}
      disabled={disabled}
      onPress={press}
      style={({ pressed }) => ({ minWidth: TOUCH, minHeight: TOUCH, paddingHorizontal: 12, alignItems: "center", justifyContent: "center", opacity: disabled ? 0.4 : pressed ? 0.7 : 1 })}
    >
      <Text style={{ color: "#f1eeea", fontSize: symbol ? 26 : 16 }}>{symbol ?? title}</Text>
    </Pressable>
  );
}
