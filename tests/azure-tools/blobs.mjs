// The blob emulator, ended with whoever started it: standard input closes, however that process ends.
process.stdin.on('end', () => process.exit(0)).resume();
process.argv.push('--blobHost', '127.0.0.1', '--blobPort', '0', '--inMemoryPersistence', '--silent', '--disableTelemetry');
await import('azurite/dist/src/blob/main.js');
