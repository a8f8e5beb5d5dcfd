// @ts-check
export default {
  name: "overview",
  mount() {
    return { destroy() {} };
  },
};
