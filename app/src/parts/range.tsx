// A slider of the system.

import Slider from "@react-native-community/slider";

import { usePalette } from "./theme";

export interface RangeProps {
  testID: string;
  label: string;
  text: string; // the value as people read it
  low: number;
  high: number;
  step: number;
  value: number; // where it rests
  moving: (value: number) => void; // while the finger is on it
  moved: (value: number) => void;
}

export function Range({ testID, label, text, low, high, step, value, moving, moved }: RangeProps) {
  const palette = usePalette();
  return (
    <Slider
      testID={testID}
      accessibilityLabel={label}
      accessibilityValue={{ text }}
      minimumValue={low}
      maximumValue={high}
      step={step}
      value={value}
      onValueChange={moving}
      onSlidingComplete={moved}
      minimumTrackTintColor={palette.accent}
      maximumTrackTintColor={palette.line}
      thumbTintColor={palette.accent}
      style={{ height: 36 }}
    />
  );
}
