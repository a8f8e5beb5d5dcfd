// @ts-check
export default {
  name: "logs",
  mount() {
    return { destroy() {} };
  },
};
