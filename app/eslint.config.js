const expo = require("eslint-config-expo/flat");

module.exports = [
  ...expo,
  { ignores: ["dist/**", "generated/**"] },
  // An effect that asks the service begins by showing that it does.
  { files: ["src/**"], rules: { "react-hooks/set-state-in-effect": "off" } },
];
