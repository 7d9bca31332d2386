export declare function findParentGroup(): { version: 1 | 2; folder: string } | undefined;
