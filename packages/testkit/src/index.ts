export { type MemoryContent, type MemoryEntry, memoryTree } from './memory-tree.ts';
