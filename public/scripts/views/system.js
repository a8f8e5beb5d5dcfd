// @ts-check
export default {
  name: "system",
  mount() {
    return { destroy() {} };
  },
};
