export declare function listTree(pid: number): number[];
export declare function readProcess(
  pid: number,
): { cpuMs: number; residentBytes: number; startTime: string; state: string } | undefined;
