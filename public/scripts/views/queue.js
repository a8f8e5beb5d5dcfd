// @ts-check
export default {
  name: "queue",
  mount() {
    return { destroy() {} };
  },
};
