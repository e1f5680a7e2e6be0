// 中文文案。en.js 有相同的键；有测试比对。
export default {
  time: { seconds: "{n} 秒", minutes: "{n} 分钟", hours: "{h} 小时 {n} 分钟" },

  // zoom.js：涂抹界面和查看界面共用
  zoom: { closer: "放大", farther: "缩小", fit: "适应屏幕", actual: "原始大小" },

  // mask.js
  mask: {
    title: "标记要消除的内容",
    photo: "待标记的照片",
    keys: "用方向键移动十字准星，按回车键或空格键开始框选，再按一次完成。加号、减号可缩放。",
    hint: "涂抹要消除的部分。",
    tools: "工具",
    brush: "画笔",
    box: "框选",
    size: "画笔大小",
    undo: "撤销",
    redo: "重做",
    clear: "清除全部标记",
    cancel: "取消",
    done: "完成",
    marked: { other: "{n} 处标记" },
    unmarked: "还没有标记。",
    undone: { other: "已撤销，还剩 {n} 处标记。" },
    redone: { other: "已重做，共 {n} 处标记。" },
    at: "十字准星：距左侧 {x}%，距顶部 {y}%。",
    begun: "框选从距左侧 {x}%、距顶部 {y}% 处开始。移到对角后按回车键。",
    boxed: { other: "已框选，共 {n} 处标记。" },
    abandoned: "已放弃框选。",
    tiny: "框太小了。",
    failed: "无法生成蒙版，请重试。",
  },

  // viewer.js
  viewer: {
    title: "处理结果",
    close: "关闭",
    previous: "上一张",
    next: "下一张",
    position: "第 {at} 张，共 {total} 张",
    details: "详细信息",
    before: "原图",
    after: "效果图",
    divider: "原图与效果图的分界线",
    divided: "原图占 {n}%",
    loading: "正在加载…",
    unreachable: "无法加载这张照片。",
    undisplayable: "浏览器无法显示这种格式。",
  },
};
