// A slider of the browser: it has a keyboard, and screen readers know it.

import { useState } from "react";

import type { RangeProps } from "./range";
import { usePalette } from "./theme";

export function Range({ testID, label, text, low, high, step, value, moving, moved }: RangeProps) {
  const palette = usePalette();
  const [now, setNow] = useState<number | null>(null);
  const end = () => {
    if (now !== null) moved(now);
    setNow(null);
  };
  return (
    <input
      type="range"
      data-testid={testID}
      aria-label={label}
      aria-valuetext={text}
      min={low}
      max={high}
      step={step}
      value={now ?? value}
      onChange={(event) => {
        setNow(Number(event.target.value));
        moving(Number(event.target.value));
      }}
      onPointerUp={end}
      onKeyUp={end}
      style={{ height: 36, width: "100%", margin: 0, accentColor: palette.accent }}
    />
  );
}
