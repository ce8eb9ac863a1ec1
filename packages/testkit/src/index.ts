export { docker } from './docker-command.ts';
export { type ElfFileOptions, elfFile } from './elf-file.ts';
export { addedSince, type EngineSnapshot, engineSnapshot } from './engine-snapshot.ts';
export { FakeContainer, type FakeContainerScript } from './fake-container.ts';
export { type FakeDaemon, type FakeRoutes, fakeDaemon, fakeDockerDaemon, sendJson } from './fake-daemon.ts';
export { type FakeEngine, type FakeEngineOptions, fakeEngine } from './fake-engine.ts';
export { type MemoryContent, type MemoryEntry, memoryTree } from './memory-tree.ts';
export { plainRun } from './plain-run.ts';
export { buildTestImage, type RealEngine, realEngine, type TestImage, testBase } from './real-engine.ts';
