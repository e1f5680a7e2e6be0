// 中文文案。en.js 有相同的键；有测试比对。
export default {
  time: { seconds: "{n} 秒", minutes: "{n} 分钟", hours: "{h} 小时 {n} 分钟" },
};
