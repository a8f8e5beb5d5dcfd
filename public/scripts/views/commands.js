// @ts-check
export default {
  name: "commands",
  mount() {
    return { destroy() {} };
  },
};
