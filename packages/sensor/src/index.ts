export { type AccessWord, accessOf } from './access.ts';
export { tellsOfLoss } from './find-loss.ts';
export { ubiquitousCalls } from './generated/syscall-numbers.ts';
export { locateSensor, type SensorBinary } from './locate-sensor.ts';
export type { SensorRecord, SyscallArch } from './record.ts';
export { createRecordDecoder, decodeRecords, type RecordDecoder, settledBytes } from './record-decoder.ts';
export { type SensorErrorCode, SensorRecordError } from './sensor-record-error.ts';
export { assumedSyscalls, syscallName, syscallNumber } from './syscall-name.ts';
export { sensorProtocol, sensorVersion } from './version.ts';
