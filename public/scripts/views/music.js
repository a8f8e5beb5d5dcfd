// @ts-check
export default {
  name: "music",
  mount() {
    return { destroy() {} };
  },
};
