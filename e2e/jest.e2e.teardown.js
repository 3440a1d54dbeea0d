export default () => globalThis.e2eSystem?.stop();
