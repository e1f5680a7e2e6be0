// English copy. zh.js has the same keys; a test compares the two.
export default {
  time: { seconds: "{n} s", minutes: "{n} min", hours: "{h} h {n} min" },

  // zoom.js, in the painter and the viewer
  zoom: { closer: "Zoom in", farther: "Zoom out", fit: "Fit to screen", actual: "Actual size" },

  // mask.js
  mask: {
    title: "Mark what to erase",
    photo: "Photo to mark",
    keys: "Arrow keys move the crosshair. Enter or Space starts a box and ends it. Plus and minus zoom.",
    hint: "Paint over what should disappear.",
    tools: "Tool",
    brush: "Brush",
    box: "Box",
    size: "Brush size",
    undo: "Undo",
    redo: "Redo",
    clear: "Clear all marks",
    cancel: "Cancel",
    done: "Done",
    marked: { one: "{n} mark", other: "{n} marks" },
    unmarked: "Nothing is marked.",
    undone: { one: "Undone. {n} mark left.", other: "Undone. {n} marks left." },
    redone: { one: "Redone. {n} mark.", other: "Redone. {n} marks." },
    at: "Crosshair {x} % from the left, {y} % from the top.",
    begun: "Box begun {x} % from the left, {y} % from the top. Move to the opposite corner and press Enter.",
    boxed: { one: "Box marked. {n} mark.", other: "Box marked. {n} marks." },
    abandoned: "Box given up.",
    tiny: "Too small to be a box.",
    failed: "The mask could not be made. Try again.",
  },

  // viewer.js
  viewer: {
    title: "Result",
    close: "Close",
    previous: "Previous photo",
    next: "Next photo",
    position: "{at} of {total}",
    details: "Details",
    before: "Before",
    after: "After",
    divider: "Divider between before and after",
    divided: "{n} % before",
    loading: "Loading…",
    unreachable: "This photo could not be loaded.",
    undisplayable: "Your browser can't show this format.",
  },
};
