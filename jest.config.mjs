// Tests run on the compiled output: what is tested is what ships, worker threads included.
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  testTimeout: 60000,
  maxWorkers: 2,
  workerIdleMemoryLimit: '800MB',
};
