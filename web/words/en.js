// English copy. zh.js has the same keys; a test compares the two.
export default {
  time: { seconds: "{n} s", minutes: "{n} min", hours: "{h} h {n} min" },
};
