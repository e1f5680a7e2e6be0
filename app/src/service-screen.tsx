// Where the service is, and the key that it asks for.

import { useState } from "react";
import { ScrollView, TextInput } from "react-native";

import { account, tidied } from "@/device/account";
import { Button } from "@/parts/button";
import { Screen } from "@/parts/screen";
import { Words } from "@/parts/text";
import { EDGE, GAP, TOUCH, usePalette } from "@/parts/theme";
import { useDesk } from "@/place";
import { Service } from "@/service/service";
import { t } from "@/words";

export function ServiceScreen() {
  const { back, enter, service } = useDesk();
  const [address, setAddress] = useState(service.account.address);
  const [key, setKey] = useState(service.account.key);
  const [wrong, setWrong] = useState("");
  const [asking, setAsking] = useState(false);
  const first = account() === null;

  async function tryIt() {
    const place = tidied(address);
    if (!place) return setWrong(t("app.badAddress"));
    setAsking(true);
    try {
      await new Service({ address: place, key: key.trim(), user: service.account.user }).ask("get", "/api/v1/presets");
      enter(place, key.trim());
      back();
    } catch (problem) {
      setWrong((problem as Error).message);
    } finally {
      setAsking(false);
    }
  }

  return (
    <Screen title={first ? "photobatch" : t("app.service")} back={first ? undefined : back}>
      <ScrollView keyboardShouldPersistTaps="handled" contentContainerStyle={{ padding: EDGE, gap: GAP, width: "100%", maxWidth: 512, alignSelf: "center" }}>
        <Words tone="soft">{t("app.begin")}</Words>
        <Field label={t("app.address")} value={address} change={setAddress} example={t("app.addressExample")} keyboardType="url" />
        <Field label={t("key.label")} value={key} change={setKey} secureTextEntry />
        <Words tone="soft" size="small">{t("app.keyWhy")}</Words>
        <Words tone="bad" role="alert">{wrong}</Words>
        <Button kind="primary" title={t("app.use")} disabled={asking || !address} onPress={tryIt} />
      </ScrollView>
    </Screen>
  );
}

interface FieldProps {
  label: string;
  value: string;
  change: (text: string) => void;
  example?: string;
  keyboardType?: "url";
  secureTextEntry?: boolean;
}

function Field({ label, value, change, example, ...others }: FieldProps) {
  const palette = usePalette();
  return (
    <>
      <Words strong>{label}</Words>
      <TextInput
        accessibilityLabel={label}
        value={value}
        onChangeText={change}
        placeholder={example}
        placeholderTextColor={palette["ink-soft"]}
        autoCapitalize="none"
        autoCorrect={false}
        style={{ minHeight: TOUCH, fontSize: 16, paddingHorizontal: 12, color: palette.ink, backgroundColor: palette.surface, borderWidth: 1, borderColor: palette.line, borderRadius: 8 }}
        {...others}
      />
    </>
  );
}
