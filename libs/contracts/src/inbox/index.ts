export * from './inbox-item.js';
